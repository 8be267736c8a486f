import type { DataSet } from 'dicom-parser'
import type { Codecs } from '../codecs.ts'
import type { DecodedImage } from '../decode.ts'
import type { ImageLimits } from '../limits.ts'
import { cellsOfBytes, cellsOfSamples, storedValues, swapWords } from './cells.ts'
import { checkCodestream } from './codestream.ts'
import { frameBytes } from './frame.ts'
import { type PixelHeader, readPixelHeader } from './header.ts'
import { damaged, type ParsedDicom, parseDicom } from './parse.ts'
import { renderGrey } from './render.ts'
import { decodeRle } from './rle.ts'
import { readTags } from './tags.ts'
import { readPipeline } from './voi.ts'

export type DicomOptions = {
  readonly limits: ImageLimits
  readonly codecs: Codecs
  /** Which frame of a multi-frame object, from 0. */
  readonly frame?: number
  /** A wavelet codec may stop where the longest side is still at least this. */
  readonly reduceTo?: number
}

/** A frame's stored values, before modality, VOI and inversion: what the exactness of a codec is measured on. */
export type StoredFrame = {
  readonly width: number
  readonly height: number
  readonly header: PixelHeader
  readonly dataSet: DataSet
  readonly transferSyntax: string
  readonly values: Uint16Array | Int16Array
}

export async function decodeDicom(bytes: Uint8Array, options: DicomOptions): Promise<DecodedImage> {
  const { header, dataSet, transferSyntax, cells, width, height } = await readFrame(bytes, options)
  const pipeline = readPipeline(dataSet, header.signed)
  return {
    image: renderGrey(cells, { width, height }, header, pipeline, readPadding(dataSet, header)),
    source: {
      format: 'dicom',
      width: header.width,
      height: header.height,
      bits: header.bitsStored,
      colour: 'grey',
      alpha: false,
      chroma: 0,
      dicom: {
        ...readTags(dataSet),
        transferSyntax,
        photometric: header.photometric,
        frames: header.frames,
      },
    },
  }
}

export async function readStoredFrame(bytes: Uint8Array, options: DicomOptions): Promise<StoredFrame> {
  const { cells, width, height, ...rest } = await readFrame(bytes, options)
  return { width, height, ...rest, values: storedValues(cells, rest.header).subarray(0, width * height) }
}

async function readFrame(bytes: Uint8Array, options: DicomOptions) {
  const parsed = await parseDicom(bytes, options.limits)
  const { dataSet, transferSyntax } = parsed
  const header = readPixelHeader(dataSet, options.limits)
  const { width, height, cells } = await readCells(parsed, header, options)
  if (cells.length < width * height) throw damaged('its pixel data are shorter than rows × columns')
  return { dataSet, transferSyntax, header, width, height, cells }
}

type Cells = { width: number; height: number; cells: Uint8Array | Uint16Array }

async function readCells(
  { dataSet, encoding }: ParsedDicom,
  header: PixelHeader,
  options: DicomOptions,
): Promise<Cells> {
  const { width, height, frames, bitsAllocated } = header
  const pixels = width * height
  const bytesPerCell = bitsAllocated / 8
  const encoded = frameBytes(dataSet, options.frame ?? 0, frames, pixels * bytesPerCell)
  if (encoding === 'raw') return { width, height, cells: cellsOfBytes(encoded, bitsAllocated) }
  if (encoding === 'raw-big-endian') {
    const asWords = bitsAllocated === 16 || dataSet.elements.x7fe00010!.vr === 'OW'
    return { width, height, cells: cellsOfBytes(asWords ? swapWords(encoded) : encoded, bitsAllocated) }
  }
  if (encoding === 'rle') {
    return { width, height, cells: cellsOfBytes(decodeRle(encoded, pixels, bytesPerCell), bitsAllocated) }
  }
  const { stream, levels } = checkCodestream(encoded, encoding, header)
  const halvings = halvingsFor(Math.max(width, height), levels, options.reduceTo)
  const frame = await options.codecs[encoding](stream, halvings)
  if (
    frame.width !== Math.ceil(width / 2 ** halvings) ||
    frame.height !== Math.ceil(height / 2 ** halvings)
  ) {
    throw damaged('its codestream gives another size than its header')
  }
  if (frame.components !== 1) throw damaged('its codestream has several components')
  return { width: frame.width, height: frame.height, cells: cellsOfSamples(frame.data) }
}

function halvingsFor(longest: number, levels: number, reduceTo: number | undefined): number {
  let halvings = 0
  if (reduceTo === undefined) return 0
  while (halvings < levels && Math.ceil(longest / 2 ** (halvings + 1)) >= reduceTo) halvings++
  return halvings
}

/** Pixel Padding Value and Range Limit (PS3.3 C.7.5.1.1.2), as a range of stored values. */
function readPadding(dataSet: DataSet, { signed }: PixelHeader): { from: number; to: number } | undefined {
  const read = (tag: string) => (signed ? dataSet.int16(tag) : dataSet.uint16(tag))
  const value = read('x00280120')
  if (value === undefined) return undefined
  const limit = read('x00280121') ?? value
  return { from: Math.min(value, limit), to: Math.max(value, limit) }
}
