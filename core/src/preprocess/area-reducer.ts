import type { AreaLoops, Columns, Raster } from '../image/raster.ts'
import type { Samples } from '../image/row-sink.ts'

/**
 * Area average of an image fed row by row: output cell (i,j) is the mean of the source over
 * [i·w/W, (i+1)·w/W] × [j·h/H, (j+1)·h/H], with partial pixels weighted by their overlap. Antialiased for any
 * size, whose sides w and h need not be whole numbers; reduces or keeps, never enlarges. float64, the order of additions is fixed: the same bits in every runtime.
 */
export class AreaReducer {
  private readonly loops: AreaLoops
  private readonly scaleY: number
  private readonly cellArea: number
  readonly size: { readonly width: number; readonly height: number }
  private y = 0
  private j = 0

  /** @param raster the runtime's; the same in JavaScript if absent. Then `release` must be called */
  constructor(
    source: { width: number; height: number },
    target: { width: number; height: number },
    raster?: Raster,
  ) {
    this.size = target
    const scaleX = source.width / target.width
    this.scaleY = source.height / target.height
    this.cellArea = scaleX * this.scaleY
    const columns = columnsOf(source.width, target.width)
    this.loops =
      raster?.areaLoops(columns, target.height, Math.ceil(source.width)) ??
      new ScriptLoops(columns, target.height)
  }

  /** Row-major, width × height; complete after the last source row. */
  get out(): Float64Array {
    return this.loops.out
  }

  /**
   * Takes the next row: `samples[offset … offset + source width)`, the width rounded up.
   * @param levels what each sample stands for, if not itself; longer than the largest sample
   */
  push(samples: Samples, offset: number, levels?: Uint16Array): void {
    const { loops, y } = this
    const { height } = this.size
    loops.sum(samples, offset, levels)
    this.y++
    for (; this.j < height; this.j++) {
      const bottom = (this.j + 1) * this.scaleY
      const overlap = Math.min(y + 1, bottom) - Math.max(y, this.j * this.scaleY)
      if (overlap > 0) loops.add(this.j, overlap / this.cellArea)
      if (bottom > y + 1) return
    }
  }

  release(): void {
    this.loops.release()
  }
}

class ScriptLoops implements AreaLoops {
  readonly out: Float64Array
  private readonly columns: Columns
  private readonly sums: Float64Array

  constructor(columns: Columns, rows: number) {
    this.columns = columns
    this.sums = new Float64Array(columns.first.length)
    this.out = new Float64Array(this.sums.length * rows)
  }

  sum(samples: Samples, offset: number, levels?: Uint16Array): void {
    // A loop for each kind of row, so that each sees one type of array only: it then compiles to plain loads.
    if (levels !== undefined) sumLevels(samples, offset, levels, this.columns, this.sums)
    else if (samples instanceof Uint16Array) sumWords(samples, offset, this.columns, this.sums)
    else sumBytes(samples, offset, this.columns, this.sums)
  }

  add(j: number, weight: number): void {
    const { sums, out } = this
    const width = sums.length
    for (let i = 0, to = j * width; i < width; i++, to++) out[to] = out[to]! + sums[i]! * weight
  }

  release(): void {}
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
