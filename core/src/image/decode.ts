import { AppError } from '../api/problem.ts'
import type { DecodeOptions } from './decode-options.ts'
import { readDicom } from './dicom/decode.ts'
import type { GrayImage } from './gray-image.ts'
import type { ImageSource } from './image-source.ts'
import { readJpeg } from './jpeg.ts'
import { readPng } from './png.ts'
import { ImageSink, type RowSink } from './row-sink.ts'
import { sniff } from './sniff.ts'

export type DecodedImage = { readonly image: GrayImage; readonly source: ImageSource }

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
    if (format === 'png') return await readPng(bytes, options, sink)
    if (format === 'jpeg') return await readJpeg(bytes, options, sink)
    if (format === 'dicom') return await readDicom(bytes, options, sink)
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('image-undecodable', `the ${format} data are damaged`, { cause: error })
  }
  throw new AppError('image-unsupported', 'the bytes are not a PNG, JPEG or DICOM image')
}
