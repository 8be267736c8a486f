import * as z from 'zod'

/**
 * How a GrayImage becomes the model's input tensor. It is data: it lies in the model's manifest, and a server
 * refuses a tensor that was made by another spec. Any change of a step's meaning is a new `version`.
 *
 * Steps of `cxr-grey` version 1, in order (`preprocess.ts`):
 * 1. reduce: area average so that the longest side is at most `workingSize` px (no enlargement);
 * 2. frame: uniform black or white borders are cut off;
 * 3. fit: area resize, aspect kept, into size × size, centred; the rest is `padLevel`;
 * 4. window: three percentiles of the central region map linearly, piece by piece, to three levels.
 */
export const preprocessSpecSchema = z.strictObject({
  name: z.literal('cxr-grey'),
  version: z.literal(1),
  /** S: the tensor is UINT8 [1,1,S,S]. */
  size: z.int().min(16).max(1024),
  workingSize: z.int().min(64).max(2048),
  frame: z.strictObject({
    /** A border line is uniform if its spread is at most this share of the image's full spread. */
    tolerance: z.number().min(0).max(0.5),
    /** At most this share of a side is cut off at each edge. */
    maxFraction: z.number().min(0).max(0.45),
  }),
  window: z.strictObject({
    /** Side of the central region that is measured, as a share of each side: burnt-in markers lie outside. */
    region: z.number().gt(0).max(1),
    percentiles: z.tuple([z.number(), z.number(), z.number()]),
    levels: z.tuple([z.int().min(0).max(255), z.int().min(0).max(255), z.int().min(0).max(255)]),
    /** The middle percentile is kept within this share of the outer two: no piece becomes arbitrarily steep. */
    middleRange: z.tuple([z.number(), z.number()]),
  }),
  padLevel: z.int().min(0).max(255),
})

export type PreprocessSpec = z.infer<typeof preprocessSpecSchema>

export const cxrGrey = (size: number): PreprocessSpec => ({
  name: 'cxr-grey',
  version: 1,
  size,
  workingSize: 512, // 4 × the default S: framing to a quarter of a final pixel
  frame: { tolerance: 0.04, maxFraction: 0.25 },
  window: { region: 0.8, percentiles: [1, 50, 99], levels: [0, 128, 255], middleRange: [0.25, 0.75] },
  padLevel: 0,
})

/** The name that travels with a tensor, for example `cxr-grey@1/128`. */
export const preprocessId = (spec: PreprocessSpec): string => `${spec.name}@${spec.version}/${spec.size}`
