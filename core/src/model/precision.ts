import * as z from 'zod'

/** How a model's convolutions are computed: in float32, or in 8-bit integers. */
export const precisionSchema = z.enum(['fp32', 'int8'])
export type Precision = z.infer<typeof precisionSchema>

/** How the ranges of 8-bit values were taken from calibration images: from the smallest to the largest value, or clipped where that loses least. */
export const CALIBRATIONS = ['minmax', 'entropy'] as const
export type Calibration = (typeof CALIBRATIONS)[number]

/** Of the model in 8-bit integers beside `model.onnx`: how it was made, and who runs it. */
export const int8Schema = z.strictObject({
  method: z.enum(CALIBRATIONS),
  /** Calibration images that the ranges rest on. */
  images: z.int().positive(),
  /** Whether WebAssembly runs this file: the edge while the GPU function is away, and a page on a device without a GPU. Not every model is faster so. */
  webAssembly: z.boolean(),
})
