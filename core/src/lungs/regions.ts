import type * as z from 'zod'
import type { regionsSchema } from './regions-schema.ts'

/** Planes of the output `regions`, in their order: the lung at the left of the picture (the patient's right), the other one, opacity. */
export const REGION_PLANES = ['pictureLeft', 'pictureRight', 'opacity'] as const

/** Where a model also outlines lungs and opacity. */
export type RegionsSpec = z.infer<typeof regionsSchema>

/** The output `regions` of one image: planes [height,width] of shares 0 … 1, over the whole tensor. */
export type Regions = {
  readonly width: number
  readonly height: number
  readonly pictureLeft: Float32Array
  readonly pictureRight: Float32Array
  readonly opacity: Float32Array
}

/**
 * @param values [3,height,width]
 * @throws RangeError where there are more or fewer values, or one is not in 0 … 1
 */
export function regionsOf(
  { height, width }: Pick<RegionsSpec, 'height' | 'width'>,
  values: Float32Array,
): Regions {
  const cells = height * width
  if (values.length !== REGION_PLANES.length * cells)
    throw new RangeError(`${values.length} region cells; expected ${REGION_PLANES.length * cells}`)
  if (!values.every((v) => v >= 0 && v <= 1)) throw new RangeError('a region cell is not between 0 and 1')
  const [pictureLeft, pictureRight, opacity] = REGION_PLANES.map((_, i) =>
    values.subarray(i * cells, (i + 1) * cells),
  ) as [Float32Array, Float32Array, Float32Array]
  return { width, height, pictureLeft, pictureRight, opacity }
}
