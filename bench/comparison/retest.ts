/**
 * `node bench/comparison/retest.ts --copies DIR --repeats DIR`: how much severity varies where nothing changed, and so the smallest change that counts.
 * Writes core/src/comparison/retest.ts. DIR has a manifest.csv. Two measures, of which the larger counts:
 * copies of one film (mirrored, cropped, re-exposed, rotated, recompressed), and two films of one patient that were both read as normal, which
 * differ in projection and inspiration as well. The limits come from one half of the films; how many of the other half's copies are called unchanged is written too.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compareFilms, type FilmComparison } from '@detl/core/comparison/compare-films'
import type { Film } from '@detl/core/comparison/film'
import type { SmallestChange } from '@detl/core/comparison/smallest-change'
import { ZONES } from '@detl/core/lungs/zones'
import { readFolder } from '@detl/train/data/sources/folder'
import { wilson } from '@detl/train/evaluate/intervals'
import { rngOf } from '@detl/train/rng'
import { COPIES, copyOf } from './copies.ts'
import { filmReader } from './read-film.ts'

const LEVEL = 0.95
/** Of each collection and class. */
const FILMS = 80
const MODEL = 'detl-128'

const { values } = parseArgs({ options: { copies: { type: 'string' }, repeats: { type: 'string' } } })
if (!values.copies || !values.repeats) {
  console.error('usage: node bench/comparison/retest.ts --copies DIR --repeats DIR; each has a manifest.csv')
  process.exit(2)
}
const reader = await filmReader(fileURLToPath(new URL(`../../models/${MODEL}`, import.meta.url)))
const network = reader.manifest.regions!.network
/** No limits yet: only the differences are wanted. */
const UNKNOWN = { network, smallest: { score: 0, bothExtent: 0, extent: 0, zoneExtent: 0, anyZoneExtent: 0 } }

type Pair = { readonly earlier: Film; readonly later: Film }
const copies = await copiesOf(values.copies)
const repeats = await repeatsOf(values.repeats)
const fitted = copies.filter((_, i) => i % 2 === 0).flat()
const others = copies.filter((_, i) => i % 2 === 1).flat()
const ofCopies = limits(fitted)
const ofRepeats = limits(repeats)
const smallest = Object.fromEntries(
  Object.entries(ofCopies).map(([name, value]) => [
    name,
    Math.max(value, ofRepeats[name as keyof SmallestChange]),
  ]),
) as SmallestChange
const check = (of: readonly Pair[], at: SmallestChange) => {
  const trends = of.map(
    ({ earlier, later }) => compareFilms(network, earlier, later, { network, smallest: at }).trend,
  )
  const unchanged = trends.filter((trend) => trend === 'unchanged').length
  const { low, high } = wilson(unchanged, of.length)
  return { pairs: of.length, unchanged, low: rounded(low), high: rounded(high) }
}
const facts = {
  network,
  at: new Date().toISOString().slice(0, 10),
  command: 'node bench/comparison/retest.ts --copies ../shared/cxr-more --repeats ../shared/cxr',
  model: `${reader.manifest.name} ${reader.manifest.version}`,
  level: LEVEL,
  copies: { films: copies.length, kinds: COPIES, pairs: fitted.length, limits: ofCopies },
  repeats: { pairs: repeats.length, limits: ofRepeats },
  smallest,
  heldOut: { copies: check(others, smallest), copiesAtTheirOwnLimits: check(others, ofCopies) },
}
writeFileSync(fileURLToPath(new URL('../../core/src/comparison/retest.ts', import.meta.url)), source(facts))
execFileSync('biome', ['check', '--write', 'core/src/comparison/retest.ts'])
console.log(JSON.stringify(facts, null, 2))

/** The copies of each film. */
async function copiesOf(folder: string): Promise<Pair[][]> {
  const cells = new Map<string, string[]>()
  for (const { dataset, classB, path } of readFolder(folder).records)
    if (classB) cells.set(`${dataset}/${classB}`, [...(cells.get(`${dataset}/${classB}`) ?? []), path])
  const chosen = [...cells.values()].flatMap((of) =>
    Array.from({ length: FILMS }, (_, i) => of[Math.floor((i * of.length) / FILMS)]!),
  )
  const out: Pair[][] = []
  for (const path of chosen) {
    const bytes = new Uint8Array(readFileSync(path))
    const earlier = await reader.read(bytes)
    const pairs: Pair[] = []
    for (const kind of COPIES)
      pairs.push({
        earlier,
        later: await reader.read(await copyOf(bytes, kind, rngOf(1, path.split('/').at(-1)!, kind))),
      })
    out.push(pairs)
  }
  return out
}

/** Films of one patient that were both read as normal, each with the one before it. */
async function repeatsOf(folder: string): Promise<Pair[]> {
  const patients = new Map<string, Film[]>()
  for (const { classB, patient, path } of readFolder(folder).records)
    if (classB === 'normal' && patient) {
      const film = await reader.read(new Uint8Array(readFileSync(path)))
      patients.set(patient, [...(patients.get(patient) ?? []), film])
    }
  return [...patients.values()].flatMap((films) =>
    films.slice(1).map((later, i) => ({ earlier: films[i]!, later })),
  )
}

/** What `LEVEL` of the pairs stay within. */
function limits(pairs: readonly Pair[]): SmallestChange {
  const all = pairs.flatMap(
    ({ earlier, later }) => compareFilms(network, earlier, later, UNKNOWN).changes ?? [],
  )
  const at = (of: readonly number[]) => {
    const sorted = of.map(Math.abs).sort((a, b) => a - b)
    return rounded(sorted[Math.ceil(LEVEL * sorted.length) - 1]!)
  }
  const zones = ({ zones }: NonNullable<FilmComparison['changes']>) =>
    ZONES.map((name) => zones[name].change.value)
  return {
    score: at(all.map(({ score }) => score.change.value)),
    bothExtent: at(all.map(({ extent }) => extent.both.change.value)),
    extent: at(all.flatMap(({ extent }) => [extent.left.change.value, extent.right.change.value])),
    zoneExtent: at(all.flatMap(zones)),
    anyZoneExtent: at(all.map((one) => Math.max(...zones(one).map(Math.abs)))),
  }
}

function source(json: typeof facts): string {
  return `import type { Retest } from './smallest-change.ts'

/**
 * How much severity varies where nothing changed, and so the smallest change that counts: the larger of what \`level\` of the copies of one film stay
 * within, and of pairs of films of one patient that were both read as normal. Written by the command that it names; not edited by hand.
 */
export const RETEST: Retest = ${JSON.stringify(json)}
`
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
