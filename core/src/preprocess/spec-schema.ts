import * as z from 'zod'

/**
 * How the bytes of an image file become the model's input tensor. It is data: it lies in the model's manifest, and a server
 * refuses a tensor that was made by another spec. Any change of a step's meaning is a new `version`.
 *
 * Steps of `cxr-grey` version 2, in order; `takeIn` (`intake/intake.ts`) does them all, in training as in serving:
 * 1. decode: a JPEG, a JPEG 2000 and an HTJ2K are decoded at 1/2^n of their resolution, n as large as the codec allows (JPEG: 3, wavelets:
 *    their levels) while the longest side stays at least `decodeMargin` × `workingSize`; every other kind at full resolution;
 * 2. reduce: area average so that the longest side is at most `workingSize` px (no enlargement), on a 16-bit scale;
 * 3. upright: what the gate is sure of to lie inverted or turned is inverted (65535 − level) or turned back;
 * 4. frame: border lines that are black or white but for a marker are cut off, and one line more where any was;
 * 5. fit: aspect kept, centred in size × size; area average where it shrinks, linear where it grows; the rest is `padLevel`;
 * 6. window: three percentiles of the central region of 4 map linearly, piece by piece, to three levels. The middle
 *    one takes out gamma to first order, the outer ones exposure and window.
 *
 * Version 1 decoded at full resolution in training, and at a lower one in serving; nothing of it is read any more.
 */
export const preprocessSpecSchema = z.strictObject({
  name: z.literal('cxr-grey'),
  version: z.literal(2),
  /** S: the tensor is UINT8 [1,1,S,S]. */
  size: z.int().min(16).max(1024),
  workingSize: z.int().min(64).max(2048),
  /** How many times `workingSize` the longest side must be left where a decoder stops at a lower resolution. */
  decodeMargin: z.strictObject({ jpeg: z.number().min(1), wavelet: z.number().min(1) }),
  frame: z.strictObject({
    /** Black or white is what lies within this share of the image's full spread from its darkest or brightest level. */
    tolerance: z.number().min(0).max(0.5),
    /** Share of a border line that may be neither: lettering or a marker on the frame. */
    markerShare: z.number().min(0).max(0.5),
    /** At most this share of a side is cut off at each edge. */
    maxFraction: z.number().min(0).max(0.45),
  }),
  window: z.strictObject({
    /** Side of the central region that is measured, as a share of each side: burnt-in markers lie outside. */
    region: z.number().gt(0).max(1),
    /** Levels within this share of the region's spread from its darkest or brightest are not counted: air, collimation, lettering. */
    ends: z.number().min(0).max(0.2),
    percentiles: z.tuple([z.number(), z.number(), z.number()]),
    levels: z.tuple([z.int().min(0).max(255), z.int().min(0).max(255), z.int().min(0).max(255)]),
    /** The middle percentile is kept within this share of the outer two: no piece becomes arbitrarily steep. */
    middleRange: z.tuple([z.number(), z.number()]),
  }),
  padLevel: z.int().min(0).max(255),
})

export type PreprocessSpec = z.infer<typeof preprocessSpecSchema>
