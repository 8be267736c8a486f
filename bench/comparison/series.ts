/**
 * `node bench/comparison/series.ts --data DIR`: films of one patient in the order of their days (Cohen's collection, whose labels lie in DIR/labels): does the change of
 * the share that is opaque go where the words of the later report say? Prints a line a pair with --pairs.
 */
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compareFilms } from '@detl/core/comparison/compare-films'
import type { Trend } from '@detl/core/comparison/trend'
import { readCsv } from '@detl/train/data/csv'
import { readFolder } from '@detl/train/data/sources/folder'
import { wilson } from '@detl/train/evaluate/intervals'
import { filmReader } from './read-film.ts'
import { type Direction, directionOf } from './words-of-change.ts'

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    model: { type: 'string', default: 'detl-128' },
    pairs: { type: 'boolean' },
  },
})
if (!values.data) {
  console.error('usage: node bench/comparison/series.ts --data DIR; DIR has manifest.csv and labels/')
  process.exit(2)
}
const { data } = values
const reader = await filmReader(fileURLToPath(new URL(`../../models/${values.model}`, import.meta.url)))
const network = reader.manifest.regions!.network

type Visit = { readonly patient: string; readonly path: string; readonly day: number; readonly note: string }
type Result = {
  /** Patients in two halves, to see whether what holds in one holds in the other. */
  readonly half: 0 | 1
  readonly remarks: readonly string[]
  readonly words: Direction | undefined
  readonly trend: Trend
  readonly change: number | undefined
  readonly days: readonly [number, number]
}
const results: Result[] = []
for (const visits of patientsIn(data).values())
  for (const [i, later] of visits.entries()) {
    const earlier = visits[i - 1]
    if (!earlier || earlier.day === later.day) continue
    const read = (visit: Visit) => reader.read(new Uint8Array(readFileSync(visit.path)))
    const { trend, changes, remarks } = compareFilms(network, await read(earlier), await read(later))
    const result: Result = {
      half: halfOf(later.patient),
      remarks,
      words: directionOf(earlier.note, later.note),
      trend,
      change: changes?.extent.both.change.value,
      days: [earlier.day, later.day],
    }
    results.push(result)
    if (values.pairs)
      console.log(JSON.stringify({ patient: later.patient, file: basename(later.path), ...result }))
  }
print()

/** Films of patients with several, in the order of their days. */
function patientsIn(folder: string): Map<string, Visit[]> {
  const paths = new Map(
    readFolder(folder)
      .records.filter((r) => r.dataset === 'cohen')
      .map((r) => [nameOf(r.file), r.path]),
  )
  const out = new Map<string, Visit[]>()
  for (const row of readCsv(join(folder, 'labels/cohen_metadata_2020-08.csv'))) {
    const path = paths.get(nameOf(row.filename ?? ''))
    if (!path || !row.offset || !row.patientid) continue
    const visit = { patient: row.patientid, path, day: Number(row.offset), note: row.clinical_notes ?? '' }
    out.set(row.patientid, [...(out.get(row.patientid) ?? []), visit])
  }
  for (const visits of out.values()) visits.sort((a, b) => a.day - b.day)
  return out
}

function halfOf(patient: string): 0 | 1 {
  return ([...patient].reduce((sum, char) => sum + char.charCodeAt(0), 0) % 2) as 0 | 1
}

function nameOf(file: string): string {
  return basename(file).replace(/\.\w+$/, '')
}

function print(): void {
  const share = (what: string, of: readonly Result[], yes: (r: Result) => boolean) => {
    const right = of.filter(yes).length
    const { value, low, high } = wilson(right, of.length)
    const percent = (v: number) => `${(100 * v).toFixed(0)} %`
    console.log(
      `${what}: ${right} of ${of.length}, ${percent(value)} (95 % CI ${percent(low)} to ${percent(high)})`,
    )
  }
  const count = (of: readonly Result[]) =>
    (['better', 'unchanged', 'worse', 'cannot-tell'] as const)
      .map((trend) => `${trend} ${of.filter((r) => r.trend === trend).length}`)
      .join(', ')
  console.log(
    `${reader.manifest.name} ${reader.manifest.version}; ${results.length} pairs of films on different days: ${count(results)}`,
  )
  for (const words of ['better', 'worse', 'stable'] as const)
    console.log(`words say ${words}: ${count(results.filter((r) => r.words === words))}`)
  const directed = results.filter((r) => r.words === 'better' || r.words === 'worse')
  const sign = (r: Result) => (r.change === undefined ? undefined : r.change > 0 ? 'worse' : 'better')
  share(
    'the sign of the change goes where the words say',
    directed.filter((r) => r.change !== undefined),
    (r) => sign(r) === r.words,
  )
  const called = directed.filter((r) => r.trend === 'better' || r.trend === 'worse')
  const hinted = directed.filter((r) => r.remarks.some((code) => code.startsWith('maybe-')))
  share('of those unchanged with a hint, it goes where the words say', hinted, (r) => sign(r) === r.words)
  for (const half of [0, 1] as const)
    share(
      `patients' half ${half}: of those whose words name a direction, it is called`,
      directed.filter((r) => r.half === half),
      (r) => r.trend === r.words,
    )
  share('of those called better or worse, the words say so', called, (r) => r.trend === r.words)
  share('of those whose words name a direction, it is called', directed, (r) => r.trend === r.words)
  share(
    'of those whose words name a direction, the other one is called',
    directed,
    (r) => r.trend !== r.words && (r.trend === 'better' || r.trend === 'worse'),
  )
  share(
    'words say stable: called unchanged',
    results.filter((r) => r.words === 'stable'),
    (r) => r.trend === 'unchanged',
  )
}
