import { inflatePieces } from '../inflate.ts'
import type { RowSink, Samples } from '../row-sink.ts'
import { CellUse } from './cell-use.ts'
import { cellsOfBytes } from './cells.ts'
import { nativeRange } from './frame.ts'
import type { PixelHeader } from './header.ts'
import { damaged, type ParsedDicom } from './parse.ts'
import type { Levelling } from './render.ts'

/** One frame of a deflated data set: inflated twice, so that neither it nor its rows are held as a whole. */
export async function pushDeflated(
  deflated: Uint8Array,
  { dataSet }: ParsedDicom,
  header: PixelHeader,
  frame: number,
  sink: RowSink,
  levelling: Levelling,
): Promise<void> {
  const { width, height, frames, bitsAllocated } = header
  const bytesPerRow = (width * bitsAllocated) / 8
  const { start } = nativeRange(dataSet, frame, frames, bytesPerRow * height)
  const each = (onRow: (cells: Samples) => void) =>
    inflateRows(deflated, start, bytesPerRow, height, (row) => onRow(cellsOfBytes(row, bitsAllocated)))
  const use = new CellUse(header, width)
  await each((cells) => use.add(cells, width))
  const { bits, levels } = levelling(header, use)
  sink.start({ width, height, bits })
  await each((cells) => sink.push(cells, 0, 1, levels))
}

/** Rows of a deflated data set, from byte `start` of the inflated one on. */
async function inflateRows(
  deflated: Uint8Array,
  start: number,
  bytesPerRow: number,
  rows: number,
  onRow: (row: Uint8Array) => void,
): Promise<void> {
  const row = new Uint8Array(bytesPerRow)
  let skip = start
  let filled = 0
  let left = rows
  await inflatePieces([deflated], 'deflate-raw', (piece) => {
    let at = Math.min(skip, piece.length)
    skip -= at
    while (at < piece.length && left > 0) {
      const n = Math.min(bytesPerRow - filled, piece.length - at)
      row.set(piece.subarray(at, at + n), filled)
      at += n
      filled += n
      if (filled < bytesPerRow) break
      onRow(row)
      filled = 0
      left--
    }
    return left > 0
  })
  if (left > 0) throw damaged('its pixel data are shorter than rows × columns')
}
