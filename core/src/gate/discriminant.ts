import { ln } from '../base/ln.ts'
import type { Exposure } from './exposure.ts'
import { type ChestModel, project } from './likeness.ts'

type Measured = Pick<Exposure, 'detail' | 'contrast' | 'aspect'>

/**
 * What the gate knows of a picture, as numbers: logarithms of both distances and of detail, contrast and aspect with their squares, then
 * each component's score in standard deviations with its square.
 * @param thumb side × side levels
 */
export function likenessFeatures(
  thumb: Float64Array,
  model: Omit<ChestModel, 'discriminant'>,
  { detail, contrast, aspect }: Measured,
): number[] {
  const { within, outside, scores } = project(thumb, model)
  const plain = [
    ln(within + FLOOR),
    ln(outside + FLOOR),
    ln(Math.max(FLOOR, detail)),
    ln(contrast + FLOOR),
    ln(aspect),
  ]
  return [...plain, ...scores].flatMap((value) => [value, value * value])
}

/** Keeps logarithms of nothing finite. */
const FLOOR = 1e-3

/** Log-odds that the picture is no frontal chest X-ray: below 0 it is more likely one. */
export function unlikeLogOdds(thumb: Float64Array, model: ChestModel, measured: Measured): number {
  const { weights, bias } = model.discriminant
  return likenessFeatures(thumb, model, measured).reduce((sum, value, i) => sum + value * weights[i]!, bias)
}
