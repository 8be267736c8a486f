import * as z from 'zod'

/**
 * Thresholds of the gate: what is refused before anything is scored or billed, and what is only remarked on.
 * They come from data (`bench/gate/fit-gate.ts`) and lie in the model's manifest.
 */
export const gateSpecSchema = z.strictObject({
  /** The chest model that everything below is measured by (`chest-model.ts`). */
  likeness: z.literal('chest-pca@2'),
  /** Largest accepted log-odds that the image is no frontal chest X-ray (`discriminant.ts`); above, it is refused. */
  mostUnlike: z.number(),
  /** Usual largest distances from frontal chest X-rays: readings of an image are compared in shares of them. */
  within: z.number().positive(),
  outside: z.number().positive(),
  /**
   * An inverted or rotated reading is corrected only if it is this many times closer than the upright one, and within
   * this share of the largest accepted distance.
   */
  sure: z.strictObject({ advantage: z.number().min(1), within: z.number().min(0).max(1) }),
  /**
   * Fine detail (`exposure.ts`): below `min` lie gradients and blurs, above `max` print, patterns and noise: both are refused. Below `soft`
   * an image is remarked on.
   */
  detail: z.strictObject({ min: z.number(), soft: z.number(), max: z.number() }),
  /** Shortest side in pixels: refused below the first, remarked on below the second. */
  minSide: z.int().positive(),
  smallSide: z.int().positive(),
  /** Mean colour spread as a share of the range: refused above the first, a photograph above the second. */
  maxChroma: z.number().min(0).max(1),
  photographChroma: z.number().min(0).max(1),
  /** Levels between the 2nd and the 98th percentile, as a share of the range: a flat image is refused below. */
  minContrast: z.number().min(0).max(1),
  /** Share of the central region at its darkest or brightest level above which the exposure is remarked on. */
  maxClipped: z.number().min(0).max(1),
  /** Longer ÷ shorter side inside the frame above which the image is remarked on as cut off. */
  maxAspect: z.number().min(1),
})

export type GateSpec = z.infer<typeof gateSpecSchema>
