/** What the headers of a JPEG say of its image; `readJpegHeader` reads it. */
export type JpegHeader = {
  readonly process: 'baseline' | 'extended' | 'progressive' | 'lossless' | 'jpeg-ls' | 'other'
  readonly width: number
  readonly height: number
  readonly bits: number
  readonly components: number
  /** EXIF orientation, 1–8; 1 where the file says nothing. */
  readonly orientation: number
  /** Where the entropy-coded data begin. */
  readonly scan: number
  /** Sum over the components of their samples, as a multiple of width × height: 1 for grey, 1.5 for 4:2:0, 3 for 4:4:4. */
  readonly samplesPerPixel: number
  /** Whether its data come in several scans, so that coefficients must be kept for all of the image. */
  readonly severalScans: boolean
}
