/**
 * Area average of an image fed row by row: output cell (i,j) is the mean of the source over
 * [i·w/W, (i+1)·w/W] × [j·h/H, (j+1)·h/H], with partial pixels weighted by their overlap. Antialiased for any
 * size; reduces or keeps, never enlarges. float64, the order of additions is fixed: the same bits in every runtime.
 */
export class AreaReducer {
  /** Row-major, width × height; complete after the last source row. */
  readonly out: Float64Array
  private readonly first: Int32Array
  private readonly last: Int32Array
  private readonly firstWeight: Float64Array
  private readonly lastWeight: Float64Array
  private readonly rowSums: Float64Array
  private readonly scaleY: number
  private readonly cellArea: number
  private readonly width: number
  private readonly height: number
  private y = 0
  private j = 0

  constructor(source: { width: number; height: number }, target: { width: number; height: number }) {
    this.width = target.width
    this.height = target.height
    const scaleX = source.width / target.width
    this.scaleY = source.height / target.height
    this.cellArea = scaleX * this.scaleY
    this.out = new Float64Array(target.width * target.height)
    this.first = new Int32Array(target.width)
    this.last = new Int32Array(target.width)
    this.firstWeight = new Float64Array(target.width)
    this.lastWeight = new Float64Array(target.width)
    this.rowSums = new Float64Array(target.width)
    for (let i = 0; i < target.width; i++) {
      const from = i * scaleX
      const to = Math.min(source.width, (i + 1) * scaleX)
      const first = Math.floor(from)
      const last = Math.max(first, Math.ceil(to) - 1)
      this.first[i] = first
      this.last[i] = last
      this.firstWeight[i] = last > first ? first + 1 - from : to - from
      this.lastWeight[i] = last > first ? to - last : 0
    }
  }

  /** Takes the next row: `samples[offset … offset + source width)`. */
  push(samples: Uint16Array | Float64Array, offset: number): void {
    this.sumCells(samples, offset)
    const { y, width, rowSums, out } = this
    this.y++
    for (; this.j < this.height; this.j++) {
      const bottom = (this.j + 1) * this.scaleY
      const overlap = Math.min(y + 1, bottom) - Math.max(y, this.j * this.scaleY)
      if (overlap > 0) {
        const to = this.j * width
        const weight = overlap / this.cellArea
        for (let i = 0; i < width; i++) out[to + i] = out[to + i]! + rowSums[i]! * weight
      }
      if (bottom > y + 1) return
    }
  }

  private sumCells(samples: Uint16Array | Float64Array, offset: number): void {
    const { width, first, last, firstWeight, lastWeight, rowSums } = this
    for (let i = 0; i < width; i++) {
      const a = offset + first[i]!
      const b = offset + last[i]!
      let sum = samples[a]! * firstWeight[i]!
      if (b > a) {
        let whole = 0
        for (let p = a + 1; p < b; p++) whole += samples[p]!
        sum += whole + samples[b]! * lastWeight[i]!
      }
      rowSums[i] = sum
    }
  }
}
