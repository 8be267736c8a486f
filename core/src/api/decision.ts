import * as z from 'zod'
import { classesOf, classIdSchema } from '../model/classes.ts'
import type { Manifest } from '../model/manifest.ts'
import type { Settings } from './account.ts'

const rate = z.number().min(0).max(1)
const estimate = z.strictObject({
  value: rate,
  low: rate,
  high: rate,
  n: z.int().nonnegative(),
})

const classDecisionSchema = z.strictObject({
  class: classIdSchema,
  score: rate,
  threshold: rate,
  /** score ≥ threshold */
  positive: z.boolean(),
  /** On held-out data at this threshold, with the 95 % interval and the number of images; of the model's own points only. */
  sensitivity: estimate.optional(),
  specificity: estimate.optional(),
  /** Predictive values at the prevalence that the account stated, by Bayes' theorem from the two above. */
  prevalence: rate.optional(),
  ppv: rate.optional(),
  npv: rate.optional(),
})

/** What comes of an image, in one word. */
export const OUTCOMES = [
  /** A finding is at or above its threshold. */
  'above-threshold',
  /** No finding that has a threshold reaches it. */
  'below-thresholds',
  /** Nothing reaches its threshold: no finding, and the class of no finding neither. */
  'undecided',
  /** The image is outside what the model knows, by its own measure: thresholds were chosen on images of another kind. */
  'out-of-distribution',
  /** Neither the model nor the account has a threshold. */
  'no-thresholds',
  /** The model is not sure enough of any class: only where the account asked for it (`selective`). */
  'unsure',
] as const
export type Outcome = (typeof OUTCOMES)[number]

/** Scores held against the thresholds that the account chose. Still not a diagnosis. */
export const decisionSchema = z.strictObject({
  outcome: z.enum(OUTCOMES),
  /** True where no decision is made of the scores: `out-of-distribution`, `no-thresholds` and `unsure`. */
  abstained: z.boolean(),
  /**
   * Findings at or above their thresholds, that first which is furthest above its own; also where the decision abstains, so that nobody
   * misses them. The class of no finding is never among them.
   */
  above: z.array(classIdSchema),
  /** What is shown first, and on the heat map: the first of `above`, else the class of the highest score. */
  leading: classIdSchema,
  /** Null where there is no threshold. */
  operatingPoint: z.enum(['screening', 'balanced', 'custom']).nullable(),
  /** The classes that have a threshold, in the model's order. */
  classes: z.array(classDecisionSchema),
  /** How sure the model is, and from where on it decides; only where the account asked for it. */
  selective: z
    .strictObject({
      /** The highest probability. */
      confidence: rate,
      /** confidence < threshold: `unsure`. */
      threshold: rate,
      /** Share of held-out images that it decides, and what its decisions on those are worth, with 95 % intervals. */
      answered: estimate,
      balancedAccuracy: estimate,
    })
    .optional(),
})

/** It holds no words: `tell` (`core/src/answers/decision-text.ts`) puts it into those of a language, for all representations. */
export type Decision = z.infer<typeof decisionSchema>
export type ClassDecision = Decision['classes'][number]

/** As answers carry it: with the sentence that stands above all else. */
export const toldDecisionSchema = decisionSchema.extend({ headline: z.string() })
export type ToldDecision = z.infer<typeof toldDecisionSchema>

/** What is decided about. */
type Scored = {
  readonly probabilities: Readonly<Record<string, number>>
  readonly outOfDistribution: boolean | null
}

/**
 * What comes of scores: the only place that decides it. JSON, FHIR, DICOM, CSV, page, print and command line render the same decision.
 * @example decide(manifest, DEFAULT_SETTINGS, readScores(manifest, outputs)).above
 */
export function decide(
  manifest: Pick<Manifest, 'labels' | 'classes' | 'operatingPoints' | 'selective'>,
  settings: Pick<Settings, 'operatingPoint' | 'prevalence' | 'selective'>,
  { probabilities, outOfDistribution }: Scored,
): Decision {
  const infos = classesOf(manifest)
  const classes = infos.flatMap(({ id }) => held(manifest, settings, id, probabilities[id]!) ?? [])
  const isFinding = (id: string) => infos.some((info) => info.id === id && info.finding)
  const positive = classes.filter((one) => one.positive)
  const above = positive
    .filter((one) => isFinding(one.class))
    .sort((a, b) => margin(b) - margin(a))
    .map((one) => one.class)
  const [highest] = infos.map(({ id }) => id).sort((a, b) => probabilities[b]! - probabilities[a]!)
  const selective = settings.selective ? sureness(manifest, probabilities[highest!]!) : undefined
  const outcome = outcomeOf({
    outOfDistribution,
    unsure: selective !== undefined && selective.confidence < selective.threshold,
    held: classes.length,
    above: above.length,
    undecided: positive.length === 0 && classes.some((one) => !isFinding(one.class)),
  })
  const { operatingPoint } = settings
  return {
    outcome,
    abstained: ABSTAINED.includes(outcome),
    above,
    leading: above[0] ?? highest!,
    operatingPoint:
      classes.length === 0 ? null : typeof operatingPoint === 'object' ? 'custom' : operatingPoint,
    classes,
    ...(selective && { selective }),
  }
}

const ABSTAINED: readonly Outcome[] = ['out-of-distribution', 'no-thresholds', 'unsure']

/** Undefined where nobody knows from where on the model is sure. */
function sureness({ selective }: Pick<Manifest, 'selective'>, confidence: number): Decision['selective'] {
  if (!selective) return undefined
  const { threshold, answered, balancedAccuracy } = selective
  return { confidence, threshold, answered, balancedAccuracy: balancedAccuracy.answered }
}

/** The first that holds. */
function outcomeOf(seen: {
  outOfDistribution: boolean | null
  unsure: boolean
  held: number
  above: number
  undecided: boolean
}): Outcome {
  if (seen.outOfDistribution) return 'out-of-distribution'
  if (seen.held === 0) return 'no-thresholds'
  if (seen.unsure) return 'unsure'
  if (seen.above > 0) return 'above-threshold'
  return seen.undecided ? 'undecided' : 'below-thresholds'
}

/** One class against its threshold; undefined where it has none. */
function held(
  { operatingPoints }: Pick<Manifest, 'operatingPoints'>,
  { operatingPoint, prevalence }: Pick<Settings, 'operatingPoint' | 'prevalence'>,
  id: string,
  score: number,
): ClassDecision | undefined {
  if (typeof operatingPoint === 'object') {
    const threshold = ofClass(operatingPoint.thresholds, id)
    return threshold === undefined ? undefined : { class: id, score, threshold, positive: score >= threshold }
  }
  const point = ofClass(operatingPoints ?? {}, id)?.[operatingPoint]
  if (!point) return undefined
  const { threshold, sensitivity, specificity } = point
  const p = ofClass(prevalence, id)
  return {
    class: id,
    score,
    threshold,
    positive: score >= threshold,
    sensitivity,
    specificity,
    ...(p !== undefined && {
      prevalence: p,
      ...predictiveValues(sensitivity.value, specificity.value, p),
    }),
  }
}

const ofClass = <T>(values: Readonly<Partial<Record<string, T>>>, id: string): T | undefined => values[id]

/** How far a score is above its own threshold: the odds of the one over the odds of the other. */
function margin({ score, threshold }: ClassDecision): number {
  const ratio = (score * (1 - threshold)) / ((1 - score) * threshold)
  return Number.isNaN(ratio) ? 1 : ratio // both 0, or both 1
}

/** Bayes' theorem; a value whose condition never occurs (no positives at all, or no negatives) is left out. */
function predictiveValues(
  sensitivity: number,
  specificity: number,
  prevalence: number,
): { ppv?: number; npv?: number } {
  const truePositive = sensitivity * prevalence
  const falsePositive = (1 - specificity) * (1 - prevalence)
  const trueNegative = specificity * (1 - prevalence)
  const falseNegative = (1 - sensitivity) * prevalence
  const positive = truePositive + falsePositive
  const negative = trueNegative + falseNegative
  return {
    ...(positive > 0 && { ppv: truePositive / positive }),
    ...(negative > 0 && { npv: trueNegative / negative }),
  }
}
