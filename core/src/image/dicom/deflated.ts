import { inflatePieces } from '../inflate.ts'
import type { RowSink, Samples } from '../row-sink.ts'
import { CellUse, type Levelling } from './cell-use.ts'
import { cellsOfBytes } from './cells.ts'
import { damaged } from './damaged.ts'
import { nativeRange } from './native-frame.ts'
import type { Deflated, ParsedDicom } from './parsed.ts'
import type { PixelHeader } from './pixel-header.ts'

/**
 * One frame of a deflated data set: inflated twice, so that neither it nor its rows are held as a whole.
 * @returns whether the stream goes on behind the frame or ends as it must
 */
export async function pushDeflated(
  deflated: Deflated,
  { dataSet }: ParsedDicom,
  header: PixelHeader,
  frame: number,
  sink: RowSink,
  levelling: Levelling,
): Promise<{ whole: boolean }> {
  const { width, height, frames, bitsAllocated } = header
  const bytesPerRow = (width * bitsAllocated) / 8
  const { start } = nativeRange(dataSet, frame, frames, bytesPerRow * height)
  const each = (onRow: (cells: Samples) => void) =>
    inflateRows(deflated, start, bytesPerRow, height, (row) => onRow(cellsOfBytes(row, bitsAllocated)))
  const use = new CellUse(header, width)
  await each((cells) => use.add(cells, width))
  const { bits, levels } = levelling(header, use)
  sink.start({ width, height, bits })
  return each((cells) => sink.push(cells, 0, 1, levels))
}

/** Rows of a deflated data set, from byte `start` of the inflated one on. */
async function inflateRows(
  deflated: Deflated,
  start: number,
  bytesPerRow: number,
  rows: number,
  onRow: (row: Uint8Array) => void,
): Promise<{ whole: boolean }> {
  const row = new Uint8Array(bytesPerRow)
  let skip = start
  let filled = 0
  let left = rows
  const end = await inflatePieces([deflated.bytes], deflated.format, (piece) => {
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
  return { whole: end !== 'early' }
}
