/** What a codec gives back: one frame, row-major, components interleaved. */
export type DecodedFrame = {
  readonly width: number
  readonly height: number
  /** 1 grey, 3 RGB. */
  readonly components: number
  /** Bits stored, 1–16. */
  readonly bits: number
  /** Length width × height × components. */
  readonly data: Uint8Array | Uint16Array | Int16Array
}

/**
 * Decoders that core does not hold itself. Each is loaded at its first call, and only that one.
 * They throw plain errors on damaged data; `decodeImage` turns those into 'image-undecodable'.
 * The caller has checked the limits on the header: a codec may allocate.
 */
export type Codecs = {
  /** JPEG baseline and progressive, 8 bits. */
  readonly jpeg: (bytes: Uint8Array) => Promise<DecodedFrame>
}
