import type { DataSet } from 'dicom-parser'
import type { DecodeOptions } from '../decode-options.ts'
import type { FileRemark } from '../file-remark.ts'
import type { ImageSource } from '../image-source.ts'
import { ImageSink, type RowSink } from '../row-sink.ts'
import type { Levelling } from './cell-use.ts'
import { storedValues } from './cells.ts'
import { type ColourHeader, pushColour, readColourHeader } from './colour-frame.ts'
import { pushDeflated } from './deflated.ts'
import { readPixelHeader } from './header.ts'
import type { Range } from './lut.ts'
import { parseDicom } from './parse.ts'
import type { ParsedDicom } from './parsed.ts'
import { pushCells } from './pixel-data.ts'
import { type PixelHeader, storedRange } from './pixel-header.ts'
import { levelsOfCells } from './render.ts'
import { readTags } from './tags.ts'
import { readPipeline } from './voi.ts'

/** A frame's stored values, before modality, VOI and inversion: what the exactness of a codec is measured on. */
export type StoredFrame = {
  readonly width: number
  readonly height: number
  readonly header: PixelHeader
  readonly transferSyntax: string
  readonly values: Uint16Array | Int16Array
}

export async function readDicom(
  bytes: Uint8Array,
  options: DecodeOptions,
  sink: RowSink,
): Promise<ImageSource> {
  const parsed = await parseDicom(bytes, options.limits)
  const { dataSet, transferSyntax } = parsed
  const coloured = readColourHeader(dataSet, options.limits)
  if (coloured) return readColour(parsed, coloured, options, sink)
  const header = readPixelHeader(dataSet, options.limits)
  const { width, height, bitsStored, photometric, frames } = header
  const pipeline = readPipeline(dataSet, storedRange(header))
  const padding = readPadding(dataSet, header)
  const found = await pushFrame(parsed, header, options, sink, (format, use) =>
    levelsOfCells(photometric, pipeline, padding, format, use),
  )
  return {
    format: 'dicom',
    width,
    height,
    bits: bitsStored,
    colour: 'grey',
    alpha: false,
    chroma: 0,
    remarks: [...parsed.remarks, ...found],
    dicom: { ...readTags(dataSet), transferSyntax, photometric, frames },
  }
}

/** A grey film that was stored as a colour image. */
async function readColour(
  parsed: ParsedDicom,
  header: ColourHeader,
  options: DecodeOptions,
  sink: RowSink,
): Promise<ImageSource> {
  const { width, height, photometric, frames } = header
  const { chroma, ended } = await pushColour(parsed, header, options, sink)
  const { dataSet, transferSyntax, remarks } = parsed
  return {
    format: 'dicom',
    width,
    height,
    bits: 8,
    colour: photometric === 'RGB' ? 'rgb' : 'ycbcr',
    alpha: false,
    chroma,
    remarks: ended ? remarks : [...remarks, 'end-missing'],
    dicom: { ...readTags(dataSet), transferSyntax, photometric, frames },
  }
}

/** One frame as grey levels, of a large deflated object too. @returns what was odd about it */
async function pushFrame(
  parsed: ParsedDicom,
  header: PixelHeader,
  options: DecodeOptions,
  sink: RowSink,
  levelling: Levelling,
): Promise<readonly FileRemark[]> {
  if (parsed.deflated === undefined) return pushCells(parsed, header, options, sink, levelling)
  const { whole } = await pushDeflated(parsed.deflated, parsed, header, options.frame ?? 0, sink, levelling)
  return whole ? [] : ['end-missing']
}

export async function readStoredFrame(bytes: Uint8Array, options: DecodeOptions): Promise<StoredFrame> {
  const parsed = await parseDicom(bytes, options.limits)
  const header = readPixelHeader(parsed.dataSet, options.limits)
  const sink = new ImageSink()
  await pushFrame(parsed, header, options, sink, () => ({ bits: header.bitsAllocated }))
  const { width, height, data } = sink.image
  return {
    width,
    height,
    header,
    transferSyntax: parsed.transferSyntax,
    values: storedValues(data, header),
  }
}

/** Pixel Padding Value and Range Limit (PS3.3 C.7.5.1.1.2). */
function readPadding(dataSet: DataSet, { signed }: PixelHeader): Range | undefined {
  const read = (tag: string) => (signed ? dataSet.int16(tag) : dataSet.uint16(tag))
  const value = read('x00280120')
  if (value === undefined) return undefined
  const limit = read('x00280121') ?? value
  return { least: Math.min(value, limit), most: Math.max(value, limit) }
}
