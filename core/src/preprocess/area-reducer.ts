/**
 * Area average of an image fed row by row: output cell (i,j) is the mean of the source over
 * [i·w/W, (i+1)·w/W] × [j·h/H, (j+1)·h/H], with partial pixels weighted by their overlap. Antialiased for any
 * size, whose sides w and h need not be whole numbers; reduces or keeps, never enlarges. float64, the order of additions is fixed: the same bits in every runtime.
 */
export class AreaReducer {
  /** Row-major, width × height; complete after the last source row. */
  readonly out: Float64Array
  private readonly columns: Columns
  private readonly rowSums: Float64Array
  private readonly scaleY: number
  private readonly cellArea: number
  readonly size: { readonly width: number; readonly height: number }
  private y = 0
  private j = 0

  constructor(source: { width: number; height: number }, target: { width: number; height: number }) {
    this.size = target
    const scaleX = source.width / target.width
    this.scaleY = source.height / target.height
    this.cellArea = scaleX * this.scaleY
    this.out = new Float64Array(target.width * target.height)
    this.columns = columnsOf(source.width, target.width)
    this.rowSums = new Float64Array(target.width)
  }

  /**
   * Takes the next row: `samples[offset … offset + source width)`, the width rounded up.
   * @param levels what each sample stands for, if not itself; longer than the largest sample
   */
  push(samples: Uint8Array | Uint16Array, offset: number, levels?: Uint16Array): void {
    // A loop for each kind of row, so that each sees one type of array only: it then compiles to plain loads.
    if (levels !== undefined) sumLevels(samples, offset, levels, this.columns, this.rowSums)
    else if (samples instanceof Uint16Array) sumWords(samples, offset, this.columns, this.rowSums)
    else sumBytes(samples, offset, this.columns, this.rowSums)
    const { y } = this
    const { height } = this.size
    this.y++
    for (; this.j < height; this.j++) {
      const bottom = (this.j + 1) * this.scaleY
      const overlap = Math.min(y + 1, bottom) - Math.max(y, this.j * this.scaleY)
      if (overlap > 0) this.addRow(overlap / this.cellArea)
      if (bottom > y + 1) return
    }
  }

  private addRow(weight: number): void {
    const { rowSums, out } = this
    const { width } = this.size
    for (let i = 0, to = this.j * width; i < width; i++, to++) out[to] = out[to]! + rowSums[i]! * weight
  }
}

/** Of each output column: its first and last source column, and how much of them it covers. */
type Columns = {
  readonly first: Int32Array
  readonly last: Int32Array
  readonly firstWeight: Float64Array
  readonly lastWeight: Float64Array
}

function columnsOf(source: number, target: number): Columns {
  const scale = source / target
  const first = new Int32Array(target)
  const last = new Int32Array(target)
  const firstWeight = new Float64Array(target)
  const lastWeight = new Float64Array(target)
  for (let i = 0; i < target; i++) {
    const from = i * scale
    const to = Math.min(source, (i + 1) * scale)
    first[i] = Math.floor(from)
    last[i] = Math.max(first[i]!, Math.ceil(to) - 1)
    firstWeight[i] = last[i]! > first[i]! ? first[i]! + 1 - from : to - from
    lastWeight[i] = last[i]! > first[i]! ? to - last[i]! : 0
  }
  return { first, last, firstWeight, lastWeight }
}

// Sums of whole pixels are integers, so exact in any order. The three loops differ in how a sample is read, and nothing else.

function sumWords(samples: Uint16Array, offset: number, columns: Columns, sums: Float64Array): void {
  const { first, last, firstWeight, lastWeight } = columns
  for (let i = 0; i < sums.length; i++) {
    let p = (offset + first[i]!) | 0
    const end = (offset + last[i]!) | 0
    let sum = samples[p]! * firstWeight[i]!
    if (end > p) {
      let whole = 0
      for (p = (p + 1) | 0; p < end; p = (p + 1) | 0) whole = (whole + samples[p]!) | 0
      sum += whole + samples[end]! * lastWeight[i]!
    }
    sums[i] = sum
  }
}

function sumBytes(samples: Uint8Array, offset: number, columns: Columns, sums: Float64Array): void {
  const { first, last, firstWeight, lastWeight } = columns
  for (let i = 0; i < sums.length; i++) {
    let p = (offset + first[i]!) | 0
    const end = (offset + last[i]!) | 0
    let sum = samples[p]! * firstWeight[i]!
    if (end > p) {
      let whole = 0
      for (p = (p + 1) | 0; p < end; p = (p + 1) | 0) whole = (whole + samples[p]!) | 0
      sum += whole + samples[end]! * lastWeight[i]!
    }
    sums[i] = sum
  }
}

function sumLevels(
  samples: Uint8Array | Uint16Array,
  offset: number,
  levels: Uint16Array,
  columns: Columns,
  sums: Float64Array,
): void {
  const { first, last, firstWeight, lastWeight } = columns
  for (let i = 0; i < sums.length; i++) {
    let p = (offset + first[i]!) | 0
    const end = (offset + last[i]!) | 0
    let sum = levels[samples[p]!]! * firstWeight[i]!
    if (end > p) {
      let whole = 0
      for (p = (p + 1) | 0; p < end; p = (p + 1) | 0) whole = (whole + levels[samples[p]!]!) | 0
      sum += whole + levels[samples[end]!]! * lastWeight[i]!
    }
    sums[i] = sum
  }
}
