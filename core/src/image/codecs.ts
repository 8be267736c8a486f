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
  /** Where `data` lies in memory of the codec's own: gives it back; `data` is not to be touched after. */
  readonly release?: () => void
}

export type FrameDecoder = (bytes: Uint8Array) => Promise<DecodedFrame>

/**
 * A wavelet decoder can stop early: `halvings` n, at most the stream's levels, gives ⌈width / 2^n⌉ × ⌈height / 2^n⌉.
 */
export type WaveletDecoder = (bytes: Uint8Array, halvings: number) => Promise<DecodedFrame>

/**
 * Decoders that core does not hold itself. Each is loaded at its first call, and only that one.
 * They throw plain errors on damaged data; `decodeImage` turns those into 'image-undecodable'.
 * The caller has checked the limits on the header: a codec may allocate.
 */
export type Codecs = {
  /** JPEG baseline, extended (8 bits) and progressive. ITU-T T.81 */
  readonly jpeg: FrameDecoder
  /** JPEG of four components, as RGB. */
  readonly jpegCmyk: FrameDecoder
  /** JPEG extended, 12 bits, Huffman coded, one component. ITU-T T.81 process 4 */
  readonly jpegExtended: FrameDecoder
  /** JPEG lossless, process 14, all selection values, one component. ITU-T T.81 annex H */
  readonly jpegLossless: FrameDecoder
  /** JPEG-LS, lossless and near-lossless. ITU-T T.87 */
  readonly jpegLs: FrameDecoder
  /** JPEG 2000, reversible and irreversible. ITU-T T.800 */
  readonly jpeg2000: WaveletDecoder
  /** High-throughput JPEG 2000. ITU-T T.814 */
  readonly htj2k: WaveletDecoder
}
