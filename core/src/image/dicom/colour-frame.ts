import type { DataSet } from 'dicom-parser'
import { AppError } from '../../api/problem.ts'
import { checkMemory, checkSize, heapBytes } from '../check-limits.ts'
import { halved, halvingsFor, JPEG_HALVINGS } from '../codecs.ts'
import { greyInPlace } from '../colour.ts'
import type { DecodeOptions } from '../decode-options.ts'
import { readJpegHeader } from '../jpeg-header.ts'
import { jpegMemory } from '../jpeg-memory.ts'
import type { ImageLimits } from '../limits.ts'
import type { RowSink } from '../row-sink.ts'
import { swapWords } from './cells.ts'
import { type Codestream, readCodestream } from './codestream.ts'
import { damaged, printable } from './damaged.ts'
import { encapsulatedFrame } from './frame.ts'
import { checkFrame, nativeFrame } from './native-frame.ts'
import type { ParsedDicom } from './parsed.ts'
import { decodeRle, isRle } from './rle.ts'
import { EXPLICIT_BIG_ENDIAN } from './syntax.ts'

/** Mean of max − min over the three channels, as a share of the range, up to which an image is grey: what a lossy codec leaves. */
const GREY = 0.02

/** An object whose three channels are to be read as one: a film that was stored as a colour image. */
export type ColourHeader = {
  readonly width: number
  readonly height: number
  readonly frames: number
  readonly photometric: string
  /** Native pixel data lie plane by plane. */
  readonly planes: boolean
}

/**
 * @returns undefined where the object is no colour image of three channels
 * @throws AppError image-too-large, image-unsupported
 */
export function readColourHeader(dataSet: DataSet, limits: ImageLimits): ColourHeader | undefined {
  const width = dataSet.uint16('x00280011')
  const height = dataSet.uint16('x00280010')
  if (dataSet.uint16('x00280002') !== 3 || width === undefined || height === undefined) return undefined
  if (dataSet.elements.x7fe00010 === undefined) return undefined
  checkSize(width, height, limits)
  const photometric = (dataSet.string('x00280004') ?? '').trim().toUpperCase()
  const bits = dataSet.uint16('x00280100')
  if (bits !== 8)
    throw new AppError(
      'image-unsupported',
      `DICOM colour image (${printable(photometric)}) with ${bits} bits allocated; accepted: 8`,
    )
  const frames = Math.max(1, dataSet.intString('x00280008') ?? 1)
  return { width, height, frames, photometric, planes: dataSet.uint16('x00280006') === 1 }
}

/**
 * Three equal channels as one. A colour image is refused: heat maps and other markings over a film are stored as such, and are no film.
 * @returns the mean spread of the channels
 * @throws AppError image-unsupported, image-undecodable, image-too-large
 */
export async function pushColour(
  parsed: ParsedDicom,
  header: ColourHeader,
  options: DecodeOptions,
  sink: RowSink,
): Promise<{ chroma: number; ended: boolean }> {
  const { rgb, size, ended, release } = await readRgb(parsed, header, options, sink)
  const pixels = size.width * size.height
  const { grey, chroma } = greyInPlace(rgb, pixels, 8)
  if (chroma > GREY) {
    release?.()
    throw refused(header, 'in colours')
  }
  sink.start({ ...size, bits: 8 })
  sink.push(grey, 0, size.height)
  release?.()
  return { chroma, ended }
}

const refused = ({ photometric }: ColourHeader, why: string) =>
  new AppError(
    'image-unsupported',
    `DICOM colour image (${printable(photometric)}) ${why}; accepted: MONOCHROME1, MONOCHROME2, and grey images whose three channels are equal (RGB, YBR_FULL)`,
  )

type Rgb = {
  readonly rgb: Uint8Array
  readonly size: ReturnType<typeof halved> | { readonly width: number; readonly height: number }
  readonly ended: boolean
  readonly release?: (() => void) | undefined
}

async function readRgb(
  parsed: ParsedDicom,
  header: ColourHeader,
  options: DecodeOptions,
  sink: RowSink,
): Promise<Rgb> {
  const { width, height, frames, photometric } = header
  const { dataSet } = parsed
  const frame = options.frame ?? 0
  checkFrame(frame, frames)
  if (parsed.deflated) throw refused(header, 'in a large deflated object')
  const pixels = width * height
  const waiting = pixels * sink.waiting({ width, height, bits: 8 })
  const { hadUndefinedLength } = dataSet.elements.x7fe00010!
  if (!hadUndefinedLength) {
    if (photometric !== 'RGB' && photometric !== 'YBR_FULL') throw refused(header, 'uncompressed')
    checkMemory(parsed.fileBytes + 6 * pixels + waiting, 'a DICOM object (native)', options.limits)
    const native = nativeFrame(dataSet, frame, frames, 3 * pixels)
    return { rgb: asRgb(inOrder(native, parsed, header), photometric), size: { width, height }, ended: true }
  }
  const { bytes, whole } = encapsulatedFrame(dataSet, frame, frames)
  const codestream = readCodestream(bytes, header, 3)
  if (codestream) {
    const decoded = await decodeRgb(codestream, parsed, header, options, sink)
    return { ...decoded, ended: whole && codestream.ended }
  }
  if (!isRle(bytes, 3)) throw damaged('its pixel data are in no encoding that is read')
  checkMemory(parsed.fileBytes + 3 * pixels + waiting, 'a DICOM object (rle)', options.limits)
  // Of cells of several bytes the most significant comes first: three planes are read as the bytes of one, the last first.
  const rgb = decodeRle(bytes, pixels, 3)
  for (let i = 0; i < rgb.length; i += 3) [rgb[i], rgb[i + 2]] = [rgb[i + 2]!, rgb[i]!]
  return { rgb: asRgb(rgb, photometric), size: { width, height }, ended: whole }
}

/** The samples of native pixel data, pixel by pixel. */
function inOrder(bytes: Uint8Array, { layout, dataSet }: ParsedDicom, { planes }: ColourHeader): Uint8Array {
  const swapped = layout === EXPLICIT_BIG_ENDIAN && dataSet.elements.x7fe00010!.vr === 'OW'
  const samples = swapped ? swapWords(bytes) : bytes.slice()
  if (!planes) return samples
  const pixels = samples.length / 3
  return samples.map((_, i) => samples[(i % 3) * pixels + Math.floor(i / 3)]!)
}

/** YCbCr of the full range → RGB, in place (PS3.3, C.7.6.3.1.2; ITU-T T.871). */
function asRgb(samples: Uint8Array, photometric: string): Uint8Array {
  if (photometric !== 'YBR_FULL') return samples
  const rgb = new Uint8ClampedArray(samples.buffer, samples.byteOffset, samples.length)
  for (let i = 0; i < rgb.length; i += 3) {
    const [y, cb, cr] = [samples[i]!, samples[i + 1]! - 128, samples[i + 2]! - 128]
    rgb[i] = y + 1.402 * cr
    rgb[i + 1] = y - 0.344136 * cb - 0.714136 * cr
    rgb[i + 2] = y + 1.772 * cb
  }
  return samples
}

/** By a codec that gives RGB: JPEG of 8 bits, and JPEG 2000. */
async function decodeRgb(
  { codec, stream, levels }: Codestream,
  parsed: ParsedDicom,
  header: ColourHeader,
  { codecs, limits, reduceTo }: DecodeOptions,
  sink: RowSink,
): Promise<Omit<Rgb, 'ended'>> {
  if (codec !== 'jpeg' && codec !== 'jpeg2000' && codec !== 'htj2k') throw refused(header, `as ${codec}`)
  const [kind, most] = codec === 'jpeg' ? (['jpeg', JPEG_HALVINGS] as const) : (['wavelet', levels] as const)
  const halvings = halvingsFor(Math.max(header.width, header.height), kind, most, reduceTo)
  const size = halved(header, halvings)
  const pixels = size.width * size.height
  const memory =
    codec === 'jpeg'
      ? jpegMemory(stream.length, readJpegHeader(stream), halvings)
      : heapBytes(2 * stream.length + 30 * pixels)
  const waiting = pixels * sink.waiting({ ...size, bits: 8 })
  checkMemory(parsed.fileBytes + memory + waiting, `a DICOM object (${codec})`, limits)
  const frame = await codecs[codec](stream, halvings)
  const { data, components, bits, release } = frame
  if (frame.width !== size.width || frame.height !== size.height || components !== 3)
    throw damaged('its codestream gives another size than its header')
  if (!(data instanceof Uint8Array) || bits !== 8) throw refused(header, `of ${bits} bits`)
  return { rgb: data, size, release }
}
