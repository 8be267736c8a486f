import type { ImageSize, RowSink, Samples } from './row-sink.ts'

/**
 * Turns an image by an EXIF orientation (TIFF tag 274): 1 as it is, 2 mirrored, 3 turned by 180°, 4 upside down mirrored,
 * 5 transposed, 6 to be turned 90° clockwise, 7 transversed, 8 to be turned 90° anticlockwise. It collects the turned
 * image, one byte a pixel where that is enough, and passes it on in `finish`.
 */
export class TurningSink implements RowSink {
  readonly waiting = (size: ImageSize) => (this.room ? 0 : size.bits > 8 ? 2 : 1) + this.inner.waiting(size)
  private readonly orientation: number
  private readonly inner: RowSink
  private readonly room: Samples | undefined
  private size: ImageSize = { width: 0, height: 0, bits: 1 }
  private data: Samples = new Uint8Array(0)
  /** Index of the source's first pixel in the turned image, and what a step to the right or down adds. */
  private start0 = 0
  private right = 1
  private down = 0
  private y = 0

  /** @param room where the turned image is put, if not into memory of its own */
  constructor(orientation: number, inner: RowSink, room?: Samples) {
    this.room = room
    this.orientation = orientation
    this.inner = inner
  }

  start(size: ImageSize): void {
    const { width, height, bits, full } = size
    const { orientation } = this
    const across = orientation >= 5
    const turned = full && { full: { ...full, width: full.height, height: full.width } }
    this.size = across ? { width: height, height: width, bits, ...turned } : size
    this.data = this.room ?? (bits > 8 ? new Uint16Array(width * height) : new Uint8Array(width * height))
    const fromRight = orientation === 2 || orientation === 3 || orientation === 7 || orientation === 8
    const fromBottom = orientation === 3 || orientation === 4 || orientation === 6 || orientation === 7
    const columnStep = across ? height : 1
    const rowStep = across ? 1 : width
    this.start0 = (fromRight ? (width - 1) * columnStep : 0) + (fromBottom ? (height - 1) * rowStep : 0)
    this.right = fromRight ? -columnStep : columnStep
    this.down = fromBottom ? -rowStep : rowStep
  }

  push(samples: Samples, offset: number, rows: number, levels?: Uint16Array): void {
    const { data, right, orientation, size } = this
    const width = orientation >= 5 ? size.height : size.width
    for (let n = 0, p = offset; n < rows; n++, this.y++) {
      let to = this.start0 + this.y * this.down
      for (let x = 0; x < width; x++, p++, to += right) data[to] = levels ? levels[samples[p]!]! : samples[p]!
    }
  }

  finish(): void {
    this.inner.start(this.size)
    this.inner.push(this.data, 0, this.size.height)
  }
}
