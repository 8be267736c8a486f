import type * as z from 'zod'
import { classesOf } from '../model/classes.ts'
import type { Manifest } from '../model/manifest.ts'
import type { Settings } from './account.ts'
import type { decisionSchema, OUTCOMES, toldDecisionSchema } from './decision-schema.ts'

export type Outcome = (typeof OUTCOMES)[number]
/** It holds no words: `tell` (`core/src/answers/decision-text.ts`) puts it into those of a language, for all representations. */
export type Decision = z.infer<typeof decisionSchema>
export type ClassDecision = Decision['classes'][number]

/** As answers carry it: with the sentence that stands above all else. */
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
  const { threshold, sensitivity, specificity, unseen } = point
  const p = ofClass(prevalence, id)
  return {
    class: id,
    score,
    threshold,
    positive: score >= threshold,
    sensitivity,
    specificity,
    ...(unseen && { unseen }),
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
