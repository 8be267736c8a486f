/**
 * `node bench/severity/metadata.ts --data DIR`: does the score rise with what the metadata of Cohen's collection says of how ill a patient was, and how much a report saw? Weak
 * evidence: none of it is a score of the film. Prints rank correlations with their intervals (whole patients resampled), how the scores lie, and which films are not assessable.
 */
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { optionalNumber, type Row, readCsv } from '@detl/train/data/csv'
import { readFolder } from '@detl/train/data/sources/folder'
import { bootstrapByGroup } from '@detl/train/evaluate/intervals'
import { spearman } from '@detl/train/lungs/dice'
import { rngOf } from '@detl/train/rng'
import { quantile } from '@detl/train/statistics'
import { filmReader } from '../comparison/read-film.ts'
import { amountOf, bothSides } from './words-of-extent.ts'

const { values } = parseArgs({
  options: { data: { type: 'string' }, model: { type: 'string', default: 'detl-128' } },
})
if (!values.data) {
  console.error('usage: node bench/severity/metadata.ts --data DIR; DIR has manifest.csv and labels/')
  process.exit(2)
}

type Scored = { readonly patient: string; readonly row: Row; readonly score: number }
const { name, version, scored, refused } = await scoredFilms(values.data, values.model)
const sorted = Float64Array.from(scored, ({ score }) => score).sort()
const at = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1]
console.log(`${name} ${version}: ${scored.length} films of ${patients(scored)} patients are assessable`)
for (const line of refused) console.log(`not assessable: ${line}`)
console.log(
  `score at ${at.map((share) => `${100 * share} %: ${quantile(sorted, share).toFixed(1)}`).join(', ')}`,
)
const YES: Readonly<Record<string, number>> = { Y: 1, N: 0 }
const flag = (column: string) => (row: Row) => YES[row[column] ?? '']
const when = (value: boolean | undefined) => (value === undefined ? undefined : Number(value))
const supine = (row: Row) => row.view?.startsWith('AP')
const note = (row: Row) => row.clinical_notes ?? ''
const amount = (row: Row) => {
  const said = amountOf(note(row))
  return said && when(said === 'much')
}

report('in intensive care when the film was taken', flag('in_icu'))
report('the same, of AP films alone', (row) => (supine(row) ? flag('in_icu')(row) : undefined))
report('went to intensive care, ever', flag('went_icu'))
report('a tube in the windpipe on the film', flag('intubation_present'))
report('was intubated, ever', flag('intubated'))
report('needed oxygen', flag('needed_supplemental_O2'))
report('died', (row) => {
  const survived = flag('survival')(row)
  return survived === undefined ? undefined : 1 - survived
})
report('AP, not PA', (row) => when(supine(row)))
report('any finding, not "No Finding"', (row) => when(!/no finding/i.test(row.finding ?? '')))
report('the report says much, not little', amount)
report('the report sees both sides, not one', (row) => when(bothSides(note(row))))
report('oxygen saturation', (row) => optionalNumber(row.pO2_saturation))
report('lymphocytes', (row) => optionalNumber(row.lymphocyte_count))

async function scoredFilms(data: string, model: string) {
  const reader = await filmReader(fileURLToPath(new URL(`../../models/${model}`, import.meta.url)))
  const rows = new Map(
    readCsv(join(data, 'labels/cohen_metadata_2020-08.csv')).map((row) => [nameOf(row.filename ?? ''), row]),
  )
  const scored: Scored[] = []
  const refused: string[] = []
  for (const record of readFolder(data).records) {
    const row = rows.get(nameOf(record.file))
    if (record.dataset !== 'cohen' || !row) continue
    const { severity } = await reader.read(new Uint8Array(readFileSync(record.path)))
    if (severity.assessable) scored.push({ patient: record.group, row, score: severity.score.value })
    else refused.push(`${basename(record.file)}: ${severity.reason.code}`)
  }
  return { name: reader.manifest.name, version: reader.manifest.version, scored, refused }
}

/** Rank correlation with a value that the metadata has of some films. */
function report(what: string, of: (row: Row) => number | undefined): void {
  const pairs = scored.flatMap(({ patient, row, score }) => {
    const value = of(row)
    return value === undefined ? [] : [{ patient, value, score }]
  })
  const correlation = (weights: ArrayLike<number>) => {
    const drawn = pairs.flatMap((pair, i) => new Array<typeof pair>(weights[i]!).fill(pair))
    return spearman(
      drawn.map(({ score }) => score),
      drawn.map(({ value }) => value),
    )
  }
  const groups = pairs.map(({ patient }) => patient)
  const { value, low, high } = bootstrapByGroup(groups, correlation, rngOf(1, what))
  const binary = pairs.every((pair) => pair.value === 0 || pair.value === 1)
  const median = (kind: number) =>
    quantile(
      Float64Array.from(pairs.flatMap((pair) => (pair.value === kind ? [pair.score] : []))).sort(),
      0.5,
    ).toFixed(1)
  const yes = pairs.filter((pair) => pair.value === 1).length
  const groupsOf = binary
    ? `; ${yes} films, median ${median(1)}, against ${pairs.length - yes}, median ${median(0)}`
    : ''
  console.log(
    `${what}: ${value.toFixed(2)} (95 % CI ${low.toFixed(2)} to ${high.toFixed(2)}), ${pairs.length} films of ${patients(pairs)} patients${groupsOf}`,
  )
}

function patients(of: readonly { patient: string }[]): number {
  return new Set(of.map(({ patient }) => patient)).size
}

function nameOf(file: string): string {
  return basename(file).replace(/\.\w+$/, '')
}
