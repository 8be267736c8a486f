import type { Samples } from '../row-sink.ts'
import type { PixelHeader } from './pixel-header.ts'

/** How the numbers in pixel cells are stored. */
export type CellFormat = Pick<PixelHeader, 'bitsAllocated' | 'bitsStored' | 'highBit' | 'signed'>

/** Which pixel cells a frame uses, gone through before any becomes a grey level. */
export class CellUse {
  /** 1 where a cell of that number occurs. */
  readonly present: Uint8Array
  private readonly format: CellFormat
  private readonly width: number
  /** Sums of the differences of neighbours in a row: as stored, and with the bits above the high bit. */
  private asStored = 0
  private withBitsAbove = 0

  constructor(format: CellFormat, width: number) {
    this.present = new Uint8Array(2 ** format.bitsAllocated)
    this.format = format
    this.width = width
  }

  /** Whole rows. */
  add(cells: Samples, count: number): void {
    const { present, format } = this
    // A loop for each kind of cells, so that each sees one type of array only: it is a third faster where both kinds come.
    const used =
      cells instanceof Uint16Array ? markWords(present, cells, count) : markBytes(present, cells, count)
    const { bitsAllocated, bitsStored, highBit, signed } = format
    const above = bitsStored < bitsAllocated && (signed || used >>> bitsStored > 0)
    if (!above || highBit + 1 !== bitsStored) return
    for (let at = 0; at < count; at += this.width) this.compare(cells, at)
  }

  /**
   * Bits above the high bit are overlays in old objects, and belong to the value where Bits Stored is too small. Overlays and
   * values cut off at their top both have edges that the image has not: the smoother reading is the right one.
   */
  get valuesGoOnAbove(): boolean {
    return this.withBitsAbove < this.asStored
  }

  private compare(cells: Samples, from: number): void {
    const { bitsAllocated, bitsStored, signed } = this.format
    const up = 32 - bitsStored
    const upAll = 32 - bitsAllocated
    let stored = 0
    let whole = 0
    for (let i = from; i < from + this.width; i++) {
      const cell = cells[i]!
      const now = signed ? (cell << up) >> up : (cell << up) >>> up
      const all = signed ? (cell << upAll) >> upAll : cell
      if (i > from) {
        this.asStored += Math.abs(now - stored)
        this.withBitsAbove += Math.abs(all - whole)
      }
      stored = now
      whole = all
    }
  }
}

function markWords(present: Uint8Array, cells: Uint16Array, count: number): number {
  let used = 0
  for (let i = 0; i < count; i++) {
    const cell = cells[i]!
    present[cell] = 1
    used |= cell
  }
  return used
}

function markBytes(present: Uint8Array, cells: Uint8Array, count: number): number {
  let used = 0
  for (let i = 0; i < count; i++) {
    const cell = cells[i]!
    present[cell] = 1
    used |= cell
  }
  return used
}

/** What becomes of a pixel cell: a level of `bits` bits by a table, or the cell itself. */
export type CellLevels = { readonly bits: number; readonly levels?: Uint16Array }

/** How the cells of a frame become grey levels, once it is known how they are stored and which of them it uses. */
export type Levelling = (format: CellFormat, use: CellUse) => CellLevels
