import { AppError } from '../api/problem.ts'
import { inflatePieces } from './inflate.ts'
import type { PassSize } from './raster.ts'

/**
 * Inflates IDAT bodies and hands out unfiltered rows, in order. A row is valid until the next call of `onRow`.
 * Reading stops after the last row: what a bomb would inflate to beyond that is never produced.
 * @returns whether the data end as they must; not so where they are cut off or damaged behind the last row
 * @throws AppError 'image-undecodable' if rows are missing, or their checksum is wrong
 */
export async function inflateRows(
  compressed: readonly Uint8Array[],
  passes: readonly PassSize[],
  bytesPerPixel: number,
  onRow: (row: Uint8Array, pass: number, y: number) => void,
): Promise<{ whole: boolean }> {
  const rows = new RowAssembler(passes, bytesPerPixel, onRow)
  // Once all rows are there, the stream is read on only to its checksum: a byte more stops it.
  const end = await inflatePieces(compressed, 'deflate', (piece) => rows.push(piece) === piece.length)
  if (!rows.done) throw damaged('it has fewer rows than its header says')
  if (end === 'checksum') throw damaged('the checksum of its rows is wrong')
  return { whole: end !== 'early' }
}

const damaged = (what: string) => new AppError('image-undecodable', `the PNG is damaged: ${what}`)

/** Joins inflated pieces to rows and undoes the row filters. */
class RowAssembler {
  private pass = 0
  private y = 0
  private filled = 0
  /** Filter byte at FIRST − 1 and the row from FIRST on, for the row that fills up and the one above. */
  private current: Uint8Array
  private above: Uint8Array
  private rowBytes: number
  private readonly passes: readonly PassSize[]
  private readonly bytesPerPixel: number
  private readonly onRow: (row: Uint8Array, pass: number, y: number) => void

  constructor(
    passes: readonly PassSize[],
    bytesPerPixel: number,
    onRow: (row: Uint8Array, pass: number, y: number) => void,
  ) {
    this.passes = passes
    this.bytesPerPixel = bytesPerPixel
    this.onRow = onRow
    this.rowBytes = passes[0]!.bytes
    this.current = emptyRow(this.rowBytes)
    this.above = emptyRow(this.rowBytes)
  }

  get done(): boolean {
    return this.pass === this.passes.length
  }

  /** @returns how many bytes the rows took: not all behind the last row */
  push(piece: Uint8Array): number {
    let at = 0
    while (at < piece.length && !this.done) {
      const n = Math.min(1 + this.rowBytes - this.filled, piece.length - at)
      this.current.set(piece.subarray(at, at + n), FIRST - 1 + this.filled)
      this.filled += n
      at += n
      if (this.filled === 1 + this.rowBytes) this.finishRow()
    }
    return at
  }

  private finishRow(): void {
    unfilter(this.current, this.above, this.bytesPerPixel, FIRST + this.rowBytes)
    this.onRow(this.current.subarray(FIRST, FIRST + this.rowBytes), this.pass, this.y)
    const finished = this.current
    this.current = this.above
    this.above = finished
    this.filled = 0
    this.y++
    if (this.y < this.passes[this.pass]!.rows) return
    this.pass++
    this.y = 0
    const next = this.passes[this.pass]
    if (next) {
      this.rowBytes = next.bytes
      this.current = emptyRow(next.bytes)
      this.above = emptyRow(next.bytes)
    }
  }
}

/** Where a row begins, so that it can be taken four bytes at a time. */
const FIRST = 4

const emptyRow = (bytes: number) => new Uint8Array(FIRST + 4 * Math.ceil(bytes / 4))

/** Undoes the filter of one row in place, up to `end` (PNG specification, section 9.2). */
function unfilter(row: Uint8Array, above: Uint8Array, bpp: number, end: number): void {
  const first = Math.min(end, FIRST + bpp)
  switch (row[FIRST - 1]) {
    case 0:
      return
    case 1:
      for (let i = first; i < end; i++) row[i] = row[i]! + row[i - bpp]!
      return
    case 2:
      addBytes(row, above)
      return
    case 3:
      for (let i = FIRST; i < first; i++) row[i] = row[i]! + (above[i]! >> 1)
      for (let i = first; i < end; i++) row[i] = row[i]! + ((row[i - bpp]! + above[i]!) >> 1)
      return
    case 4:
      for (let i = FIRST; i < first; i++) row[i] = row[i]! + above[i]!
      for (let i = first; i < end; i++) row[i] = row[i]! + paeth(row[i - bpp]!, above[i]!, above[i - bpp]!)
      return
    default:
      throw damaged(`row filter ${row[FIRST - 1]} does not exist`)
  }
}

/** Adds the rows byte by byte, four at a time: the lower seven bits of each by one addition, the top ones without carry. */
function addBytes(row: Uint8Array, above: Uint8Array): void {
  const to = new Int32Array(row.buffer, FIRST)
  const from = new Int32Array(above.buffer, FIRST)
  for (let i = 0; i < to.length; i++) {
    const a = to[i]!
    const b = from[i]!
    to[i] = ((a & 0x7f7f7f7f) + (b & 0x7f7f7f7f)) ^ ((a ^ b) & 0x80808080)
  }
}

/**
 * The nearest of three neighbours to left + up − upLeft; of equals the first. Chosen by masks: the low bytes of 16-bit
 * samples are noise, on which a branch would be mispredicted every other time.
 */
function paeth(left: number, up: number, upLeft: number): number {
  const dUp = Math.abs(left - upLeft)
  let nearest = Math.abs(up - upLeft)
  const takeUp = (dUp - nearest) >> 31
  nearest += (dUp - nearest) & takeUp
  const takeUpLeft = (Math.abs(left + up - 2 * upLeft) - nearest) >> 31
  const choice = left ^ ((left ^ up) & takeUp)
  return choice ^ ((choice ^ upLeft) & takeUpLeft)
}
