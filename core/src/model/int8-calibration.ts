import * as z from 'zod'
import { CALIBRATIONS } from './precision.ts'

/**
 * int8.json beside model.onnx: all that `model.int8.onnx` is made of besides that model. It holds nothing of the images themselves, and the same
 * model and calibration give the same bytes.
 */
export const int8CalibrationSchema = z.strictObject({
  schema: z.literal(1),
  method: z.enum(CALIBRATIONS),
  /** Images that were measured. */
  images: z.int().positive(),
  /** The smallest and the largest value of each activation that becomes 8-bit, by its name in the graph. */
  ranges: z.record(z.string(), z.tuple([z.number(), z.number()])),
  /** What is added to a layer's bias, by the name of its output: what 8-bit integers before it change its output by, in the mean. */
  shifts: z.record(z.string(), z.array(z.number())),
})
export type Int8Calibration = z.infer<typeof int8CalibrationSchema>
