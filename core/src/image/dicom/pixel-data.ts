import { checkMemory, heapBytes } from '../check-limits.ts'
import { type Codecs, type DecodedFrame, halved, halvingsFor, JPEG_HALVINGS } from '../codecs.ts'
import type { DecodeOptions } from '../decode-options.ts'
import { jpegMemory } from '../jpeg.ts'
import { readJpegHeader } from '../jpeg-header.ts'
import type { ImageSize, RowSink, Samples } from '../row-sink.ts'
import { CellUse } from './cell-use.ts'
import { cellsOfBytes, cellsOfSamples, swapWords } from './cells.ts'
import { checkCodestream } from './codestream.ts'
import { pushDeflated } from './deflated.ts'
import { frameBytes } from './frame.ts'
import type { PixelHeader } from './header.ts'
import { damaged, type ParsedDicom } from './parse.ts'
import type { Levelling } from './render.ts'
import { decodeRle } from './rle.ts'

/** The pixel cells of one frame, as grey levels. */
export async function pushCells(
  parsed: ParsedDicom,
  header: PixelHeader,
  options: DecodeOptions,
  sink: RowSink,
  levelling: Levelling,
): Promise<void> {
  const { dataSet, encoding, deflated, fileBytes } = parsed
  const { width, height, frames, bitsAllocated } = header
  const bytesPerCell = bitsAllocated / 8
  const length = width * height * bytesPerCell
  const frame = options.frame ?? 0
  const holds = (bytes: number, size = { width, height }) =>
    checkMemory(
      bytes + size.width * size.height * sink.waiting({ ...size, bits: bitsAllocated }),
      `a DICOM object (${encoding})`,
      options.limits,
    )
  const all = (cells: Samples, size: Omit<ImageSize, 'bits'> = { width, height }, format = header) => {
    const count = size.width * size.height
    if (cells.length < count) throw damaged('its pixel data are shorter than rows × columns')
    const use = new CellUse(format, size.width)
    use.add(cells, count)
    const { bits, levels } = levelling(format, use)
    sink.start({ ...size, bits })
    sink.push(cells, 0, size.height, levels)
  }
  if (encoding === 'raw') holds(fileBytes)
  if (encoding === 'raw-big-endian' || encoding === 'rle') holds(fileBytes + length)
  if (deflated !== undefined) return pushDeflated(deflated, parsed, header, frame, sink, levelling)
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
  const longest = Math.max(width, height)
  const halvings =
    encoding === 'jpeg'
      ? halvingsFor(longest, 'jpeg', JPEG_HALVINGS, options.reduceTo)
      : halvingsFor(longest, 'wavelet', wavelets, options.reduceTo)
  const reduced = halved(header, halvings)
  holds(fileBytes + codecMemory(encoding, stream, reduced, halvings), reduced)
  const decoded = await options.codecs[encoding](stream, halvings)
  if (decoded.width !== reduced.width || decoded.height !== reduced.height) {
    throw damaged('its codestream gives another size than its header')
  }
  if (decoded.components !== 1) throw damaged('its codestream has several components')
  if (decoded.bits > bitsAllocated) throw damaged('its codestream is deeper than its header says')
  all(cellsOfSamples(decoded.data), reduced, formatOfCodestream(header, decoded))
  decoded.release?.()
}

/**
 * How the samples of a codestream are to be read. One that is signed gives signed numbers, whatever the header says. One that is not,
 * of an object that is, holds two's complement of its own precision, which may be below Bits Stored.
 */
function formatOfCodestream(header: PixelHeader, { data, bits }: DecodedFrame): PixelHeader {
  if (data instanceof Int16Array) {
    return { ...header, signed: true, bitsAllocated: 16, bitsStored: 16, highBit: 15 }
  }
  if (header.signed && bits < header.bitsStored) return { ...header, bitsStored: bits, highBit: bits - 1 }
  return header
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
