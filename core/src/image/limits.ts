/** What a decoder accepts, checked on the header, before anything is allocated. */
export type ImageLimits = {
  readonly maxBytes: number
  readonly maxPixels: number
  /** Longest accepted side, in pixels. */
  readonly maxSide: number
}

/** The largest radiographs in use are about 5,000 × 5,000 (mammography-size detectors); chest plates are 3,000 × 3,000. */
export const DEFAULT_LIMITS: ImageLimits = {
  maxBytes: 64 * 2 ** 20,
  maxPixels: 26_000_000,
  maxSide: 12_000,
}
