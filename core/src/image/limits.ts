/** What a decoder accepts, checked on the header, before anything is allocated. */
export type ImageLimits = {
  readonly maxBytes: number
  readonly maxPixels: number
  /** Longest accepted side, in pixels. */
  readonly maxSide: number
  /**
   * Bytes that decoding may hold at once: the file, what a codec needs beside it, and rows that must wait; not the image
   * itself where the caller asks for all of it.
   */
  readonly maxMemory: number
}

/** The largest radiographs in use are about 5,000 × 5,000 (mammography-size detectors); chest plates are 3,000 × 3,000. */
export const DEFAULT_LIMITS: ImageLimits = {
  maxBytes: 64 * 2 ** 20,
  maxPixels: 26_000_000,
  maxSide: 12_000,
  maxMemory: 120_000_000, // a Worker has 128 MB
}
