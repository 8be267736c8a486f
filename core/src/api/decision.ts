import * as z from 'zod'
import { LABELS, type Label } from '../model/labels.ts'
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
  class: z.enum(LABELS),
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

/** Scores held against the thresholds that the account chose. Still not a diagnosis. */
export const decisionSchema = z.strictObject({
  operatingPoint: z.enum(['screening', 'balanced', 'custom']),
  classes: z.array(classDecisionSchema),
})
export type Decision = z.infer<typeof decisionSchema>

/** @returns undefined where neither the model nor the account has a threshold */
export function decide(
  manifest: Pick<Manifest, 'labels' | 'operatingPoints'>,
  { operatingPoint, prevalence }: Settings,
  probabilities: Readonly<Record<Label, number>>,
): Decision | undefined {
  const classes = manifest.labels.flatMap((label) => {
    const score = probabilities[label]
    if (typeof operatingPoint === 'object') {
      const threshold = operatingPoint.thresholds[label]
      if (threshold === undefined) return []
      return [{ class: label, score, threshold, positive: score >= threshold }]
    }
    const point = manifest.operatingPoints?.[label]?.[operatingPoint]
    if (!point) return []
    const { threshold, sensitivity, specificity } = point
    const p = prevalence[label]
    return [
      {
        class: label,
        score,
        threshold,
        positive: score >= threshold,
        sensitivity,
        specificity,
        ...(p !== undefined && {
          prevalence: p,
          ...predictiveValues(sensitivity.value, specificity.value, p),
        }),
      },
    ]
  })
  if (classes.length === 0) return undefined
  return { operatingPoint: typeof operatingPoint === 'object' ? 'custom' : operatingPoint, classes }
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
