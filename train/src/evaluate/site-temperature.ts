import type { ClassList } from '@detl/core/model/class-list'
import type { Estimate } from '@detl/core/model/manifest'
import { rngOf, shuffled } from '../rng.ts'
import { fitTemperature, negativeLogLikelihood } from '../scores/temperature.ts'
import { softmaxRows } from '../softmax.ts'
import { bootstrapByGroup } from './intervals.ts'
import { expectedCalibrationError, reliability } from './reliability.ts'

/** A film with what is true of it and the model's logits, [C] each. */
export type LoggedFilm = { group: string; truths: readonly number[]; logits: readonly number[] }

/** A temperature for a site, and what it is worth on films that it was not fitted on. */
export type SiteTemperature = {
  /** Fitted on all films; the interval by resampling patients. */
  temperature: Estimate
  /** Expected calibration error of these films: as the model was, and with temperatures of the other films. */
  error: { before: Estimate; after: Estimate }
  /** Whether the left-out films are more likely with it than without. */
  better: boolean
}

const FOLDS = 5
const RESAMPLES = 200

/**
 * The temperature that fits a site's films (Guo et al. 2017), as `temperatureOf` fits it at training. What it is worth is measured five times on
 * a fifth of the groups, with a temperature of the others.
 * @param was the model's own temperature
 */
export function siteTemperature(
  films: readonly LoggedFilm[],
  list: Pick<ClassList, 'labelling' | 'classes'>,
  was: number,
): SiteTemperature {
  const rows = rowsOf(films, list)
  const { classes, groups } = rows
  const fitOf = (of: readonly number[]) =>
    fitTemperature(
      rows.logitsOf(of),
      Int32Array.from(of, (i) => rows.truth[i]!),
      classes,
    )
  const all = groups.map((_, i) => i)
  const names = shuffled([...new Set(groups)].sort(), rngOf('site-temperature'))
  const foldOf = new Map(names.map((group, i) => [group, i % FOLDS]))
  const after = new Float32Array(rows.logits.length)
  const losses = { before: 0, after: 0 }
  for (let fold = 0; fold < FOLDS; fold++) {
    const [rest, held] = [false, true].map((inside) =>
      all.filter((i) => (foldOf.get(groups[i]!) === fold) === inside),
    ) as [number[], number[]]
    if (held.length === 0 || rest.length === 0) continue
    const fitted = fitOf(rest)
    const logits = rows.logitsOf(held)
    const truth = Int32Array.from(held, (i) => rows.truth[i]!)
    losses.before += held.length * negativeLogLikelihood(logits, truth, classes, was)
    losses.after += held.length * negativeLogLikelihood(logits, truth, classes, fitted)
    for (const [at, i] of held.entries())
      after.set(softmaxRows(logits.subarray(at * classes, (at + 1) * classes), classes, fitted), i * classes)
  }
  const errorOf = (probabilities: Float32Array, name: string) =>
    bootstrapByGroup(
      groups,
      (weights) => expectedCalibrationError(reliability(probabilities, rows.truth, classes, 10, weights)),
      rngOf('site-temperature', name),
      RESAMPLES,
    )
  return {
    temperature: bootstrapByGroup(
      groups,
      (weights) => fitOf(all.flatMap((i) => new Array<number>(weights[i]!).fill(i))),
      rngOf('site-temperature', 'resample'),
      RESAMPLES,
    ),
    error: {
      before: errorOf(softmaxRows(rows.logits, classes, was), 'before'),
      after: errorOf(after, 'after'),
    },
    better: losses.after < losses.before,
  }
}

/** One row a film; of independent classes one for each class, sigmoid(z) being the softmax of 0 and z. */
function rowsOf(
  films: readonly LoggedFilm[],
  { labelling, classes }: Pick<ClassList, 'labelling' | 'classes'>,
) {
  const each =
    labelling === 'single'
      ? films.map(({ group, logits, truths }) => ({ group, row: logits, truth: truths.indexOf(1) }))
      : films.flatMap(({ group, logits, truths }) =>
          logits.map((z, c) => ({ group, row: [0, z], truth: truths[c]! })),
        )
  const width = labelling === 'single' ? classes.length : 2
  const logits = Float32Array.from(each.flatMap(({ row }) => row))
  return {
    classes: width,
    logits,
    truth: each.map(({ truth }) => truth),
    groups: each.map(({ group }) => group),
    logitsOf: (of: readonly number[]) => Float32Array.from(of.flatMap((i) => each[i]!.row)),
  }
}
