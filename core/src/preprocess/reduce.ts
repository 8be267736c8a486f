import type { Raster } from '../image/raster.ts'
import type { ImageSize, RowSink, Samples } from '../image/row-sink.ts'
import { AreaReducer } from './area-reducer.ts'
import type { WorkingImage } from './working-image.ts'

/** Size of the working image: the longest side at most `longest`, aspect kept to the nearest pixel, never larger. */
export function workingSize(source: { width: number; height: number }, longest: number) {
  const scale = Math.max(1, Math.max(source.width, source.height) / longest)
  return {
    width: Math.max(1, Math.round(source.width / scale)),
    height: Math.max(1, Math.round(source.height / scale)),
  }
}

/** Step `reduce`, while the image is decoded: no more of it is held than the working image. Whoever gives it a raster calls `release` at the end. */
export class ReducingSink implements RowSink {
  readonly waiting = () => 0
  /** Of the source, before any halving. */
  size: ImageSize = { width: 1, height: 1, bits: 1 }
  private readonly longest: number
  private columns = 1
  private readonly raster: Raster | undefined
  private reducer = new AreaReducer(this.size, this.size)

  constructor(longest: number, raster?: Raster) {
    this.longest = longest
    this.raster = raster
  }

  start({ width, height, bits, full }: ImageSize): void {
    const { halvings, ...size } = full ?? { width, height, halvings: 0 }
    this.size = { ...size, bits }
    const extent = { width: size.width / 2 ** halvings, height: size.height / 2 ** halvings }
    this.reducer = new AreaReducer(extent, workingSize(extent, this.longest), this.raster)
    this.columns = width
  }

  push(samples: Samples, offset: number, rows: number, levels?: Uint16Array): void {
    for (let y = 0; y < rows; y++) this.reducer.push(samples, offset + y * this.columns, levels)
  }

  /** After the last row: averages on the 16-bit scale, rounded to the nearest. */
  working(): WorkingImage {
    const { out } = this.reducer
    const factor = 65535 / (2 ** this.size.bits - 1)
    const data = new Uint16Array(out.length)
    for (let i = 0; i < data.length; i++) {
      data[i] = Math.min(65535, (out[i]! * factor + 0.5) | 0)
    }
    return { ...this.reducer.size, data }
  }

  release(): void {
    this.reducer.release()
  }
}
