import dicomParser, { type DataSet } from 'dicom-parser'
import { AppError } from '../../api/problem.ts'
import { checkSize } from '../check-limits.ts'
import { inflateUpTo } from '../inflate.ts'
import type { ImageLimits } from '../limits.ts'
import {
  DEFLATED,
  type Encoding,
  EXPLICIT_LITTLE_ENDIAN,
  encodingOf,
  IMPLICIT_LITTLE_ENDIAN,
} from './syntax.ts'

export type ParsedDicom = {
  readonly dataSet: DataSet
  readonly transferSyntax: string
  readonly encoding: Encoding
  /** Of the file as it was given. */
  readonly fileBytes: number
  /** A large deflated object: `dataSet` ends where its pixel data begin, and this stream holds them. */
  readonly deflated?: Uint8Array
}

/** Elements up to the pixel data, as a start for the size check of a deflated object: generous for any header. */
const HEADER_BYTES = 4 * 2 ** 20

/** An empty SpecificCharacterSet: the parser wants at least one element. */
const EMPTY_DATA_SET = Uint8Array.of(8, 0, 5, 0, 0x43, 0x53, 0, 0)

/**
 * Bytes → data set: Part 10 files, files without the preamble, bare data sets without the meta group, and deflated ones.
 * A large deflated data set is inflated only as far as its pixel data.
 */
export async function parseDicom(bytes: Uint8Array, limits: ImageLimits): Promise<ParsedDicom> {
  const { file, bareSyntax } = normalise(bytes)
  let deflatedFrom: number | undefined
  const dataSet = parse(file, {
    ...(bareSyntax === undefined ? {} : { TransferSyntaxUID: bareSyntax }),
    inflater: (_: Uint8Array, position: number) => {
      deflatedFrom = position
      return EMPTY_DATA_SET
    },
  })
  if (deflatedFrom !== undefined) {
    const inflated = await inflate(file.subarray(deflatedFrom), limits)
    return { ...inflated, transferSyntax: DEFLATED, encoding: 'raw', fileBytes: bytes.length }
  }
  const transferSyntax = bareSyntax ?? dataSet.string('x00020010')
  if (transferSyntax === undefined) throw damaged('its transfer syntax is missing')
  const encoding = encodingOf(transferSyntax)
  if (encoding === undefined) {
    throw new AppError('image-unsupported', `DICOM transfer syntax ${printable(transferSyntax)} is not read`)
  }
  return { dataSet, transferSyntax, encoding, fileBytes: bytes.length }
}

/** Puts a preamble before a meta group that lacks it; says which syntax a bare data set has. */
function normalise(bytes: Uint8Array): { file: Uint8Array; bareSyntax?: string } {
  // A plain view: of a Node Buffer, dicom-parser would take other paths.
  const file = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (file[128] === 0x44 && file[129] === 0x49 && file[130] === 0x43 && file[131] === 0x4d) return { file }
  if (file[0] === 2) {
    const whole = new Uint8Array(132 + file.length)
    whole.set([0x44, 0x49, 0x43, 0x4d], 128)
    whole.set(file, 132)
    return { file: whole }
  }
  const isVr = (byte: number | undefined) => byte !== undefined && byte >= 0x41 && byte <= 0x5a
  return {
    file,
    bareSyntax: isVr(file[4]) && isVr(file[5]) ? EXPLICIT_LITTLE_ENDIAN : IMPLICIT_LITTLE_ENDIAN,
  }
}

async function inflate(
  deflated: Uint8Array,
  limits: ImageLimits,
): Promise<Pick<ParsedDicom, 'dataSet' | 'deflated'>> {
  const options = { TransferSyntaxUID: EXPLICIT_LITTLE_ENDIAN }
  const head = await inflateUpTo([deflated], 'deflate-raw', HEADER_BYTES)
  if (!head.cut) return { dataSet: parse(head.bytes, options) }
  const header = parse(head.bytes, { ...options, untilTag: 'x7fe00010' })
  const pixels = header.elements.x7fe00010
  if (pixels === undefined) throw new AppError('image-too-large', 'the DICOM header does not end within 4 MB')
  checkSize(header.uint16('x00280011') ?? 1, header.uint16('x00280010') ?? 1, limits)
  const total = pixels.dataOffset + pixels.length
  if (total > limits.maxBytes) {
    throw new AppError('image-too-large', `${total} bytes once inflated; accepted: ${limits.maxBytes}`)
  }
  return { dataSet: header, deflated }
}

function parse(bytes: Uint8Array, options: object): DataSet {
  try {
    return dicomParser.parseDicom(bytes, options)
  } catch (error) {
    // dicom-parser throws { exception, dataSet } or bare strings.
    throw new AppError('image-undecodable', 'the DICOM data set is damaged', { cause: error })
  }
}

/** Text of a file that goes into a message: a few plain characters only. */
export const printable = (text: string): string => text.replace(/[^A-Za-z0-9. _-]/g, '').slice(0, 40)

export const damaged = (what: string) =>
  new AppError('image-undecodable', `the DICOM object is damaged: ${what}`)
