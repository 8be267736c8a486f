import type { DataSet } from 'dicom-parser'
import { AppError } from '../../api/problem.ts'
import { checkSize } from '../check-limits.ts'
import { inflateUpTo } from '../inflate.ts'
import type { ImageLimits } from '../limits.ts'
import { readDataSet } from './data-set.ts'
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
const HEADER_BYTES = 2 ** 20

/**
 * Bytes → data set: Part 10 files, files without the preamble, bare data sets without the meta group, and deflated ones.
 * A large deflated data set is inflated only as far as its pixel data.
 */
export async function parseDicom(bytes: Uint8Array, limits: ImageLimits): Promise<ParsedDicom> {
  // A plain view: of a Node Buffer, dicom-parser would take other paths.
  const file = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { dataSet, transferSyntax, from } = readDataSet(file, startOf(file))
  if (transferSyntax === DEFLATED) {
    const inflated = await inflate(file.subarray(from), limits)
    return { ...inflated, transferSyntax, encoding: 'raw', fileBytes: bytes.length }
  }
  const encoding = encodingOf(transferSyntax)
  if (encoding === undefined) {
    throw new AppError('image-unsupported', `DICOM transfer syntax ${printable(transferSyntax)} is not read`)
  }
  return { dataSet, transferSyntax, encoding, fileBytes: bytes.length }
}

/** Where the meta group begins: behind the preamble, or at once; or the syntax of a data set that has none. */
function startOf(file: Uint8Array): { metaFrom: number } | { syntax: string } {
  if (file[128] === 0x44 && file[129] === 0x49 && file[130] === 0x43 && file[131] === 0x4d)
    return { metaFrom: 132 }
  if (file[0] === 2) return { metaFrom: 0 }
  const isVr = (byte: number | undefined) => byte !== undefined && byte >= 0x41 && byte <= 0x5a
  return { syntax: isVr(file[4]) && isVr(file[5]) ? EXPLICIT_LITTLE_ENDIAN : IMPLICIT_LITTLE_ENDIAN }
}

async function inflate(
  deflated: Uint8Array,
  limits: ImageLimits,
): Promise<Pick<ParsedDicom, 'dataSet' | 'deflated'>> {
  const syntax = EXPLICIT_LITTLE_ENDIAN
  const head = await inflateUpTo([deflated], 'deflate-raw', HEADER_BYTES)
  if (!head.cut) return { dataSet: readDataSet(head.bytes, { syntax }).dataSet }
  const header = readDataSet(head.bytes, { syntax }, 'x7fe00010').dataSet
  const pixels = header.elements.x7fe00010
  if (pixels === undefined) throw new AppError('image-too-large', 'the DICOM header does not end within 1 MB')
  checkSize(header.uint16('x00280011') ?? 1, header.uint16('x00280010') ?? 1, limits)
  const total = pixels.dataOffset + pixels.length
  if (total > limits.maxBytes) {
    throw new AppError('image-too-large', `${total} bytes once inflated; accepted: ${limits.maxBytes}`)
  }
  return { dataSet: header, deflated }
}

/** Text of a file that goes into a message: a few plain characters only. */
export const printable = (text: string): string => text.replace(/[^A-Za-z0-9. _-]/g, '').slice(0, 40)

export const damaged = (what: string) =>
  new AppError('image-undecodable', `the DICOM object is damaged: ${what}`)
