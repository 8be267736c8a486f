import { checkMemory, heapBytes } from '../check-limits.ts'
import { type Codecs, halved, halvingsFor, JPEG_HALVING, waveletHalving } from '../codecs.ts'
import type { DecodeOptions } from '../decode-options.ts'
import { inflatePieces } from '../inflate.ts'
import { jpegMemory } from '../jpeg.ts'
import { readJpegHeader } from '../jpeg-header.ts'
import type { RowSink, Samples } from '../row-sink.ts'
import { cellsOfBytes, cellsOfSamples, swapWords } from './cells.ts'
import { checkCodestream } from './codestream.ts'
import { frameBytes, nativeRange } from './frame.ts'
import type { PixelHeader } from './header.ts'
import { damaged, type ParsedDicom } from './parse.ts'
import { decodeRle } from './rle.ts'

/** What becomes of a pixel cell: a level of `bits` bits by a table, or the cell itself. */
export type CellLevels = { readonly bits: number; readonly levels?: Uint16Array }

/** The pixel cells of one frame, as grey levels. */
export async function pushCells(
  { dataSet, encoding, deflated, fileBytes }: ParsedDicom,
  header: PixelHeader,
  options: DecodeOptions,
  sink: RowSink,
  { bits, levels }: CellLevels,
): Promise<void> {
  const { width, height, frames, bitsAllocated } = header
  const bytesPerCell = bitsAllocated / 8
  const length = width * height * bytesPerCell
  const frame = options.frame ?? 0
  const all = (cells: Samples) => {
    if (cells.length < width * height) throw damaged('its pixel data are shorter than rows × columns')
    sink.start({ width, height, bits })
    sink.push(cells, 0, height, levels)
  }
  const holds = (bytes: number, size = { width, height }) =>
    checkMemory(
      bytes + size.width * size.height * sink.waiting({ ...size, bits }),
      `a DICOM object (${encoding})`,
      options.limits,
    )
  if (encoding === 'raw') holds(fileBytes)
  if (encoding === 'raw-big-endian' || encoding === 'rle') holds(fileBytes + length)
  if (deflated !== undefined) {
    const { start } = nativeRange(dataSet, frame, frames, length)
    sink.start({ width, height, bits })
    return inflateRows(deflated, start, width * bytesPerCell, height, (row) =>
      sink.push(cellsOfBytes(row, bitsAllocated), 0, 1, levels),
    )
  }
  const encoded = frameBytes(dataSet, frame, frames, length)
  if (encoding === 'raw') return all(cellsOfBytes(encoded, bitsAllocated))
  if (encoding === 'raw-big-endian') {
    const asWords = bitsAllocated === 16 || dataSet.elements.x7fe00010!.vr === 'OW'
    return all(cellsOfBytes(asWords ? swapWords(encoded) : encoded, bitsAllocated))
  }
  if (encoding === 'rle') {
    return all(cellsOfBytes(decodeRle(encoded, width * height, bytesPerCell), bitsAllocated))
  }
  const { stream, levels: wavelets } = checkCodestream(encoded, encoding, header)
  const halving = encoding === 'jpeg' ? JPEG_HALVING : waveletHalving(wavelets)
  const halvings = halvingsFor(Math.max(width, height), halving, options.reduceTo)
  const reduced = halved(header, halvings)
  holds(fileBytes + codecMemory(encoding, stream, reduced, halvings), reduced)
  const decoded = await options.codecs[encoding](stream, halvings)
  if (decoded.width !== reduced.width || decoded.height !== reduced.height) {
    throw damaged('its codestream gives another size than its header')
  }
  if (decoded.components !== 1) throw damaged('its codestream has several components')
  if (decoded.bits > bitsAllocated) throw damaged('its codestream is deeper than its header says')
  sink.start({ ...reduced, bits })
  sink.push(cellsOfSamples(decoded.data), 0, reduced.height, levels)
  decoded.release?.()
}

/** Bytes that a codec needs beside the file. */
function codecMemory(
  codec: keyof Codecs,
  stream: Uint8Array,
  size: { width: number; height: number },
  halvings: number,
): number {
  const pixels = size.width * size.height
  if (codec === 'jpeg') return jpegMemory(stream.length, readJpegHeader(stream), halvings)
  // OpenJPEG: the stream, its tiles' data once more, 4 bytes a sample twice, and the result. OpenJPH works by lines (measured).
  if (codec === 'jpeg2000') return heapBytes(2 * stream.length + 10 * pixels)
  if (codec === 'htj2k') return heapBytes(stream.length + 2 * pixels)
  return 2 * pixels
}

/** Rows of a deflated data set, from byte `start` of the inflated one on: neither is held as a whole. */
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
