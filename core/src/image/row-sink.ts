import type { GrayImage } from './gray-image.ts'

export type ImageSize = Omit<GrayImage, 'data'> & {
  /** The size before the image was halved. Its last column and row may then be a part of a pixel: 499.75 of 500. */
  readonly full?: { readonly width: number; readonly height: number; readonly halvings: number }
}

/** Samples of 8 or 16 bits, unsigned. */
export type Samples = Uint8Array | Uint16Array

/**
 * Where a decoder puts an image, row by row from the top: who needs less than all pixels at once (`ReducingSink`) never
 * holds them.
 */
export type RowSink = {
  /** Bytes a pixel that the sink holds until it has all rows, beside what its user asked for. */
  readonly waiting: (size: ImageSize) => number
  /** Once, before any row. Nothing of the image's size is allocated before. */
  start(size: ImageSize): void
  /**
   * The next `rows` rows, row-major from `samples[offset]` on; valid during the call only.
   * @param levels the grey level that each sample stands for, if not itself
   */
  push(samples: Samples, offset: number, rows: number, levels?: Uint16Array): void
}

/** Collects the whole image. */
export class ImageSink implements RowSink {
  readonly waiting = () => 0
  image: GrayImage = { width: 0, height: 0, bits: 1, data: new Uint16Array(0) }
  private filled = 0

  start({ width, height, bits }: ImageSize): void {
    this.image = { width, height, bits, data: new Uint16Array(width * height) }
  }

  push(samples: Samples, offset: number, rows: number, levels?: Uint16Array): void {
    const { width, data } = this.image
    const count = rows * width
    const to = this.filled
    this.filled += count
    if (levels === undefined) data.set(samples.subarray(offset, offset + count), to)
    else for (let i = 0; i < count; i++) data[to + i] = levels[samples[offset + i]!]!
  }
}
