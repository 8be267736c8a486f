import * as z from 'zod'

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
