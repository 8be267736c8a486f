import type { Raster } from './raster.ts'

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
 * A decoder that can stop early: `halvings` n gives ⌈width / 2^n⌉ × ⌈height / 2^n⌉. A wavelet stream has as many as its levels, a JPEG 3.
 */
export type ReducibleDecoder = (bytes: Uint8Array, halvings: number) => Promise<DecodedFrame>

/**
 * Decoders that core does not hold itself. Each is loaded at its first call, and only that one.
 * They throw plain errors on damaged data; `decodeImage` turns those into 'image-undecodable'.
 * The caller has checked the limits on the header: a codec may allocate.
 */
export type Codecs = {
  /** JPEG baseline, extended (8 bits) and progressive; CMYK and YCCK as RGB. ITU-T T.81 */
  readonly jpeg: ReducibleDecoder
  /** JPEG extended, 12 bits, Huffman coded, one component. ITU-T T.81 process 4 */
  readonly jpegExtended: FrameDecoder
  /** JPEG lossless, process 14, all selection values, one component. ITU-T T.81 annex H */
  readonly jpegLossless: FrameDecoder
  /** JPEG-LS, lossless and near-lossless. ITU-T T.87 */
  readonly jpegLs: FrameDecoder
  /** JPEG 2000, reversible and irreversible. ITU-T T.800 */
  readonly jpeg2000: ReducibleDecoder
  /** High-throughput JPEG 2000. ITU-T T.814 */
  readonly htj2k: ReducibleDecoder
}

/** What a runtime may have beside the codecs. */
export type RuntimeCodecs = Codecs & {
  /** Loaded at its first call. `room`: bytes that it may hold from images before; it begins anew where it holds more and no image needs it. */
  readonly raster?: ((room: number) => Promise<Raster>) | undefined
}

/** To which longest side, in pixels, the caller reduces an image, and how many times that a decoder that stops early must leave. */
export type Reduction = {
  readonly longest: number
  readonly margin: { readonly jpeg: number; readonly wavelet: number }
}

/** A JPEG's block of 8 × 8 coefficients gives 8 × 8, 4 × 4, 2 × 2 or 1 × 1 samples. */
export const JPEG_HALVINGS = 3

/**
 * How often to halve an image of which less than all pixels is wanted.
 * @param most how often the stream can be halved: `JPEG_HALVINGS`, or a wavelet's levels
 */
export function halvingsFor(
  longest: number,
  kind: keyof Reduction['margin'],
  most: number,
  reduceTo: Reduction | undefined,
): number {
  let halvings = 0
  if (reduceTo === undefined) return 0
  const least = reduceTo.margin[kind] * reduceTo.longest
  while (halvings < most && Math.ceil(longest / 2 ** (halvings + 1)) >= least) halvings++
  return halvings
}

/** The size of an image halved so often. */
export const halved = ({ width, height }: { width: number; height: number }, halvings: number) => ({
  width: Math.ceil(width / 2 ** halvings),
  height: Math.ceil(height / 2 ** halvings),
  full: { width, height, halvings },
})
