import { AppError } from '../api/problem.ts'
import { inflatePieces } from './inflate.ts'

/** Rows of one pass: bytes a row without the filter byte. */
export type PassSize = { readonly bytes: number; readonly rows: number }

/**
 * Inflates IDAT bodies and hands out unfiltered rows, in order. A row is valid until the next call of `onRow`.
 * Reading stops after the last row: what a bomb would inflate to beyond that is never produced.
 */
export async function inflateRows(
  compressed: readonly Uint8Array[],
  passes: readonly PassSize[],
  bytesPerPixel: number,
  onRow: (row: Uint8Array, pass: number, y: number) => void,
): Promise<void> {
  const rows = new RowAssembler(passes, bytesPerPixel, onRow)
  // Once all rows are there, the stream is read on only to its checksum: a byte more stops it.
  await inflatePieces(compressed, 'deflate', (piece) => {
    if (rows.done) return piece.length === 0
    rows.push(piece)
    return true
  })
  if (!rows.done)
    throw new AppError('image-undecodable', 'the PNG is damaged: it has fewer rows than its header says')
}

/** Joins inflated pieces to rows and undoes the row filters. */
class RowAssembler {
  private pass = 0
  private y = 0
  private filled = 0
  /** Filter byte + row, for the row that fills up and the one above. */
  private current: Uint8Array
  private above: Uint8Array
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
    this.current = new Uint8Array(passes[0]!.bytes + 1)
    this.above = new Uint8Array(passes[0]!.bytes + 1)
  }

  get done(): boolean {
    return this.pass === this.passes.length
  }

  push(piece: Uint8Array): void {
    for (let at = 0; at < piece.length && !this.done; ) {
      const n = Math.min(this.current.length - this.filled, piece.length - at)
      this.current.set(piece.subarray(at, at + n), this.filled)
      this.filled += n
      at += n
      if (this.filled === this.current.length) this.finishRow()
    }
  }

  private finishRow(): void {
    unfilter(this.current, this.above, this.bytesPerPixel)
    this.onRow(this.current.subarray(1), this.pass, this.y)
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
      this.current = new Uint8Array(next.bytes + 1)
      this.above = new Uint8Array(next.bytes + 1)
    }
  }
}

/** Undoes the filter of one row in place (PNG specification, section 9.2). Byte 0 of both arrays is the filter type. */
function unfilter(row: Uint8Array, above: Uint8Array, bpp: number): void {
  const end = row.length
  const first = Math.min(end, 1 + bpp)
  switch (row[0]) {
    case 0:
      return
    case 1:
      for (let i = first; i < end; i++) row[i] = row[i]! + row[i - bpp]!
      return
    case 2:
      for (let i = 1; i < end; i++) row[i] = row[i]! + above[i]!
      return
    case 3:
      for (let i = 1; i < first; i++) row[i] = row[i]! + (above[i]! >> 1)
      for (let i = first; i < end; i++) row[i] = row[i]! + ((row[i - bpp]! + above[i]!) >> 1)
      return
    case 4:
      for (let i = 1; i < first; i++) row[i] = row[i]! + above[i]!
      for (let i = first; i < end; i++) row[i] = row[i]! + paeth(row[i - bpp]!, above[i]!, above[i - bpp]!)
      return
    default:
      throw new AppError('image-undecodable', `the PNG is damaged: row filter ${row[0]} does not exist`)
  }
}

function paeth(left: number, up: number, upLeft: number): number {
  const dLeft = Math.abs(up - upLeft)
  const dUp = Math.abs(left - upLeft)
  const dUpLeft = Math.abs(left + up - 2 * upLeft)
  if (dLeft <= dUp && dLeft <= dUpLeft) return left
  return dUp <= dUpLeft ? up : upLeft
}
