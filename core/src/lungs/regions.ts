import * as z from 'zod'

/** Planes of the output `regions`, in their order: the lung at the left of the picture (the patient's right), the other one, opacity. */
export const REGION_PLANES = ['pictureLeft', 'pictureRight', 'opacity'] as const

const rate = z.number().min(0).max(1)

/**
 * Where a model also outlines lungs and opacity: all that a reader of its output `regions` must know. The network is one of its own,
 * put into the same graph; it sees the classifier's tensor.
 */
export const regionsSchema = z.strictObject({
  output: z.literal('regions'),
  /** FP32 [N,3,height,width]: for each cell of the tensor the share that is lung, lung, opaque (`REGION_PLANES`). */
  height: z.int().positive(),
  width: z.int().positive(),
  /** Which network it is, and the SHA-256 of its own ONNX file. */
  network: z.strictObject({
    name: z.string().min(1),
    version: z.string().min(1),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  /**
   * Half widths of the ranges: in `level` of the held-out images whose lesions were outlined by hand, what the network said was no further
   * than this from what the outlines say.
   */
  error: z.strictObject({
    level: rate,
    images: z.int().positive(),
    /** Of a lung's extent, 0 … 1. */
    extent: rate,
    /** Of a zone's extent, 0 … 1. */
    zoneExtent: rate,
    /** Of a zone's score, 0 … 3. */
    zoneScore: z.number().min(0).max(3),
    /** Of the whole score, 0 … 18. */
    score: z.number().min(0).max(18),
  }),
})
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
