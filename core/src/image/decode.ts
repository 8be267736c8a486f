import { AppError } from '../api/problem.ts'
import type { Codecs } from './codecs.ts'
import { readDicom } from './dicom/decode.ts'
import type { ExaminationTags } from './dicom/tags.ts'
import type { GrayImage } from './gray-image.ts'
import { readJpeg } from './jpeg.ts'
import type { ImageLimits } from './limits.ts'
import { readPng } from './png.ts'
import { ImageSink, type RowSink } from './row-sink.ts'
import { type ImageFormat, sniff } from './sniff.ts'

/** What the file said of itself, beside its pixels. */
export type ImageSource = {
  readonly format: ImageFormat
  /** As stored in the file, before any rotation. */
  readonly width: number
  readonly height: number
  /** Bits a sample. */
  readonly bits: number
  readonly colour: 'grey' | 'rgb' | 'palette' | 'ycbcr' | 'cmyk'
  readonly alpha: boolean
  /** Mean of max(R,G,B) − min(R,G,B) as a share of the range: 0 for grey, also where grey is stored as RGB. */
  readonly chroma: number
  /** DICOM only: what the object says of the examination and of its encoding. */
  readonly dicom?: ExaminationTags & {
    readonly transferSyntax: string
    readonly photometric: string
    readonly frames: number
  }
}

export type DecodedImage = { readonly image: GrayImage; readonly source: ImageSource }

export type DecodeOptions = {
  readonly limits: ImageLimits
  readonly codecs: Codecs
  /** Which frame of a multi-frame DICOM object, from 0; the first if absent. */
  readonly frame?: number
  /**
   * The longest side that the caller reduces the image to. JPEG and JPEG 2000 are then decoded at a lower resolution, which is still
   * higher than that (`codecs.ts`): the image may be smaller than the source.
   */
  readonly reduceTo?: number
}

/** Bytes of a file → grey image, as a whole. @throws AppError as `readImage` says */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions): Promise<DecodedImage> {
  const sink = new ImageSink()
  const source = await readImage(bytes, options, sink)
  return { image: sink.image, source }
}

/**
 * Bytes of a file → rows of a grey image. The format is taken from the bytes.
 * @throws AppError 'image-missing' (no bytes), 'image-unsupported' (not a format that is read),
 *   'image-too-large' (bytes, side or pixels, from the header), 'image-undecodable' (damaged or truncated).
 */
export async function readImage(
  bytes: Uint8Array,
  options: DecodeOptions,
  sink: RowSink,
): Promise<ImageSource> {
  const { limits } = options
  if (bytes.length === 0) throw new AppError('image-missing', 'the image has no bytes')
  if (bytes.length > limits.maxBytes) {
    throw new AppError('image-too-large', `${bytes.length} bytes; accepted: ${limits.maxBytes}`)
  }
  const format = sniff(bytes)
  try {
    if (format === 'png') return await readPng(bytes, limits, sink)
    if (format === 'jpeg') return await readJpeg(bytes, options, sink)
    if (format === 'dicom') return await readDicom(bytes, options, sink)
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('image-undecodable', `the ${format} data are damaged`, { cause: error })
  }
  throw new AppError('image-unsupported', 'the bytes are not a PNG, JPEG or DICOM image')
}
