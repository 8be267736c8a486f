import { AppError } from '../../api/problem.ts'
import { checkMemory, heapBytes } from '../check-limits.ts'
import { type Codecs, type DecodedFrame, halved, halvingsFor, JPEG_HALVINGS } from '../codecs.ts'
import type { DecodeOptions } from '../decode-options.ts'
import type { FileRemark } from '../file-remark.ts'
import { readJpegHeader } from '../jpeg-header.ts'
import { jpegMemory } from '../jpeg-memory.ts'
import type { ImageSize, RowSink, Samples } from '../row-sink.ts'
import { CellUse, type Levelling } from './cell-use.ts'
import { cellsOfBytes, cellsOfSamples, swapWords } from './cells.ts'
import { type Codestream, readCodestream } from './codestream.ts'
import { damaged, printable } from './damaged.ts'
import { encapsulatedFrame } from './frame.ts'
import { checkFrame, nativeFrame } from './native-frame.ts'
import type { ParsedDicom } from './parsed.ts'
import type { PixelHeader } from './pixel-header.ts'
import { decodeRle, isRle } from './rle.ts'
import { type Encoding, EXPLICIT_BIG_ENDIAN, encodingsOf } from './syntax.ts'

/**
 * The pixel cells of one frame, as grey levels. How they are encoded is told by the bytes; the transfer syntax is held against that.
 * @returns what was odd about it
 */
export async function pushCells(
  parsed: ParsedDicom,
  header: PixelHeader,
  options: DecodeOptions,
  sink: RowSink,
  levelling: Levelling,
): Promise<FileRemark[]> {
  const { dataSet } = parsed
  const frame = options.frame ?? 0
  checkFrame(frame, header.frames)
  const out: Out = { parsed, header, options, sink, levelling }
  const found = findFrame(parsed, header, frame)
  if (found.encapsulated === undefined) {
    pushNative(nativeFrame(dataSet, frame, header.frames, bytesOfFrame(header)), out)
    return labelled(parsed, 'native')
  }
  const { bytes, whole } = found.encapsulated
  const remarks: FileRemark[] = whole ? [] : ['end-missing']
  const codestream = readCodestream(bytes, header)
  if (codestream === undefined) {
    const uncompressed =
      encodingsOf(parsed.transferSyntax).includes('native') &&
      bytes.length >= bytesOfFrame(header) &&
      !isRle(bytes, header.bitsAllocated / 8)
    if (uncompressed) pushNative(bytes, out)
    return uncompressed ? remarks : [...pushRle(bytes, out), ...remarks]
  }
  await pushCodestream(codestream, out)
  if (!codestream.ended && whole) remarks.push('end-missing')
  return [...labelled(parsed, codestream.codec), ...remarks]
}

type Out = {
  readonly parsed: ParsedDicom
  readonly header: PixelHeader
  readonly options: DecodeOptions
  readonly sink: RowSink
  readonly levelling: Levelling
}

const bytesOfFrame = ({ width, height, bitsAllocated }: PixelHeader) => (width * height * bitsAllocated) / 8

/** Whether the pixel data are in fragments, by the element itself; or a bare codestream in the place of native ones. */
function findFrame({ dataSet }: ParsedDicom, header: PixelHeader, frame: number) {
  const { byteArray, elements } = dataSet
  const { hadUndefinedLength, dataOffset, length } = elements.x7fe00010!
  const item = byteArray[dataOffset] === 0xfe && byteArray[dataOffset + 1] === 0xff
  if (hadUndefinedLength && item) return { encapsulated: encapsulatedFrame(dataSet, frame, header.frames) }
  const bytes = byteArray.subarray(dataOffset, hadUndefinedLength ? undefined : dataOffset + length)
  const bare = bytes.length < bytesOfFrame(header) && readCodestream(bytes, header) !== undefined
  return { encapsulated: bare ? { bytes, whole: true } : undefined }
}

/** Remarks on a transfer syntax that does not go with what was found; one that is missing or wrong was remarked on before. */
const labelled = ({ transferSyntax, remarks }: ParsedDicom, found: Encoding): FileRemark[] =>
  remarks.length > 0 || encodingsOf(transferSyntax).includes(found) ? [] : ['transfer-syntax-wrong']

function holds(
  { parsed, sink, options, header }: Out,
  what: Encoding,
  bytes: number,
  size: { width: number; height: number } = header,
): void {
  checkMemory(
    parsed.fileBytes +
      bytes +
      size.width * size.height * sink.waiting({ ...size, bits: header.bitsAllocated }),
    `a DICOM object (${what})`,
    options.limits,
  )
}

function push(
  cells: Samples,
  { header, sink, levelling }: Out,
  size: Omit<ImageSize, 'bits'> = { width: header.width, height: header.height },
  format = header,
): void {
  const count = size.width * size.height
  if (cells.length < count) throw damaged('its pixel data are shorter than rows × columns')
  const use = new CellUse(format, size.width)
  use.add(cells, count)
  const { bits, levels } = levelling(format, use)
  sink.start({ ...size, bits })
  sink.push(cells, 0, size.height, levels)
}

function pushNative(bytes: Uint8Array, out: Out): void {
  const { bitsAllocated } = out.header
  const { layout, dataSet } = out.parsed
  const asWords = bitsAllocated === 16 || dataSet.elements.x7fe00010!.vr === 'OW'
  const swapped = layout === EXPLICIT_BIG_ENDIAN && asWords
  holds(out, 'native', swapped ? bytes.length : 0)
  push(cellsOfBytes(swapped ? swapWords(bytes) : bytes, bitsAllocated), out)
}

function pushRle(bytes: Uint8Array, out: Out): FileRemark[] {
  const { width, height, bitsAllocated } = out.header
  const said = encodingsOf(out.parsed.transferSyntax)
  if (!said.includes('rle') && !isRle(bytes, bitsAllocated / 8)) {
    if (said.length > 0) throw damaged('its pixel data are in no encoding that is read')
    const syntax = printable(out.parsed.transferSyntax)
    throw new AppError('image-unsupported', `DICOM transfer syntax ${syntax} is not read`)
  }
  holds(out, 'rle', bytesOfFrame(out.header))
  push(cellsOfBytes(decodeRle(bytes, width * height, bitsAllocated / 8), bitsAllocated), out)
  return labelled(out.parsed, 'rle')
}

async function pushCodestream({ codec, stream, levels }: Codestream, out: Out): Promise<void> {
  const { header, options } = out
  const [kind, most] = codec === 'jpeg' ? (['jpeg', JPEG_HALVINGS] as const) : (['wavelet', levels] as const)
  const halvings = halvingsFor(Math.max(header.width, header.height), kind, most, options.reduceTo)
  const reduced = halved(header, halvings)
  holds(out, codec, codecMemory(codec, stream, reduced, halvings), reduced)
  const decoded = await options.codecs[codec](stream, halvings)
  if (decoded.width !== reduced.width || decoded.height !== reduced.height) {
    throw damaged('its codestream gives another size than its header')
  }
  if (decoded.components !== 1) throw damaged('its codestream has several components')
  push(cellsOfSamples(decoded.data), out, reduced, formatOfCodestream(header, decoded))
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
  if (bits > header.bitsAllocated)
    return { ...header, bitsAllocated: 16, bitsStored: bits, highBit: bits - 1 }
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
