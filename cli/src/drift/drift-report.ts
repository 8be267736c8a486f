import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '@detl/core/api/problem'
import { type DriftLevel, driftOf, type MeasureDrift, worstOf } from '@detl/core/drift/drift'
import { measuresOf } from '@detl/core/drift/prediction'
import { countsIn, parseReference, type Reference } from '@detl/core/drift/reference'
import { type Manifest, parseManifest } from '@detl/core/model/manifest'
import { readJson } from '@detl/train/data/text-file'
import { type LogRange, readPredictionLog } from './read-log.ts'

/** A measure beside its reference. */
export type MeasureReport = MeasureDrift & {
  /** Medians, of the reference to the edge of a bin. */
  readonly medianThen: number
  readonly medianNow: number
}

export type DriftReport = {
  readonly model: string
  readonly version: string
  /** What the reference is of, and how many films. */
  readonly reference: Pick<Reference, 'of' | 'films' | 'createdAt'>
  readonly screenings: number
  /** First and last hour. */
  readonly from: string
  readonly to: string
  /** Lines of other models or versions, which are not judged. */
  readonly others: number
  /** Lines that were left half written, and are not judged. */
  readonly torn: number
  /** Lines of test keys, which are not judged. */
  readonly tests: number
  readonly level: DriftLevel
  readonly measures: Readonly<Record<string, MeasureReport>>
  /** Share of screenings beyond the model's own limit of distance, which one in a hundred films of training exceeds; null without one. */
  readonly outOfDistribution: number | null
}

/**
 * Holds the prediction log against the reference of the model.
 * @param paths files and folders of the log
 * @throws AppError request-invalid where there is no reference, or nothing of this model in the log
 */
export async function driftReport(
  model: string,
  paths: readonly string[],
  range: LogRange = {},
): Promise<DriftReport> {
  const manifest = parseManifest(readJson(join(model, 'manifest.json')))
  const reference = await referenceOfModel(model, manifest)
  const { predictions, others, torn, tests } = await readPredictionLog(paths, manifest, range)
  if (predictions.length === 0)
    throw new AppError(
      'request-invalid',
      `the log has no line of ${manifest.name} ${manifest.version} in that time (${others} of other models or versions, ${tests} of test keys)`,
    )
  const rows = predictions.map(measuresOf)
  const valuesOf = (name: string) => rows.flatMap((row) => (name in row ? [row[name]!] : []))
  const names = Object.keys(reference.measures)
  holdsAll(join(model, 'reference.json'), names, Object.keys(rows[0]!))
  const counts = Object.fromEntries(
    names.map((name) => [name, countsIn(reference.measures[name]!.edges, valuesOf(name))]),
  )
  const drift = driftOf(reference, counts, rows.length)
  const hours = predictions.map(({ hour }) => hour).sort()
  const limit = manifest.outOfDistribution?.threshold
  const { of, films, createdAt } = reference
  return {
    model: manifest.name,
    version: manifest.version,
    reference: { of, films, createdAt },
    screenings: rows.length,
    from: hours[0]!,
    to: hours.at(-1)!,
    others,
    torn,
    tests,
    level: worstOf(drift),
    measures: Object.fromEntries(
      Object.entries(drift).map(([name, found]) => {
        const medianNow = medianOf(valuesOf(name))
        return [name, { ...found, medianThen: medianIn(reference.measures[name]!), medianNow }]
      }),
    ),
    outOfDistribution:
      limit === undefined ? null : predictions.filter(({ ood }) => ood! > limit).length / predictions.length,
  }
}

async function referenceOfModel(model: string, manifest: Manifest): Promise<Reference> {
  const path = join(model, 'reference.json')
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new AppError(
      'request-invalid',
      `${path} cannot be read: \`detl drift reference\` makes one of films`,
      { cause },
    )
  })
  try {
    return parseReference(JSON.parse(text), manifest)
  } catch (cause) {
    throw new AppError('request-invalid', `${path} cannot be used: ${(cause as Error).message}`, { cause })
  }
}

/** A measure that only one of them has cannot be judged: without it there would be "no drift". */
function holdsAll(path: string, names: readonly string[], logged: readonly string[]): void {
  const apart = [
    ...logged.filter((name) => !names.includes(name)),
    ...names.filter((name) => !logged.includes(name)),
  ]
  if (apart.length > 0)
    throw new AppError(
      'request-invalid',
      `${path} and the log do not have the same measures (${apart.join(', ')}): make it again with \`detl drift reference\``,
    )
}

const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length / 2) - 1]!

/** The upper edge of the bin that holds the median. */
function medianIn({ edges, counts }: Reference['measures'][string]): number {
  const half = counts.reduce((a, b) => a + b, 0) / 2
  let sum = 0
  const bin = counts.findIndex((count) => {
    sum += count
    return sum >= half
  })
  return edges[Math.min(bin, edges.length - 1)]!
}
