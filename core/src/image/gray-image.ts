/** A greyscale image, row-major, top-left first, low = dark (MONOCHROME2's sense). */
export type GrayImage = {
  readonly width: number
  readonly height: number
  /** Samples used, 1–16: values lie in 0 … 2^bits − 1. */
  readonly bits: number
  /** Length width × height. */
  readonly data: Uint16Array
}
