import * as z from 'zod'
import { classIdSchema } from '../model/class-schema.ts'
import { unseenSchema } from '../model/manifest.ts'

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
  /** The same in sources that training had not seen, where that was measured: what a new hospital is nearer to. */
  unseen: z.array(unseenSchema).min(1).optional(),
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

/** As answers carry it: with the sentence that stands above all else. */
export const toldDecisionSchema = decisionSchema.extend({ headline: z.string() })
