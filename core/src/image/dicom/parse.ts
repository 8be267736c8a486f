import { AppError } from '../../api/problem.ts'
import { checkSize } from '../check-limits.ts'
import type { FileRemark } from '../file-remark.ts'
import { inflateUpTo } from '../inflate.ts'
import type { ImageLimits } from '../limits.ts'
import { damaged } from './damaged.ts'
import { readDataSet } from './data-set.ts'
import { layoutAt, layoutOf } from './layout.ts'
import { readMeta } from './meta.ts'
import type { ParsedDicom } from './parsed.ts'
import { DEFLATED, EXPLICIT_LITTLE_ENDIAN } from './syntax.ts'

/** Elements up to the pixel data, as a start for the size check of a deflated object: generous for any header. */
const HEADER_BYTES = 2 ** 20

/**
 * Bytes → data set: Part 10 files, files without preamble or meta group, bare data sets, and deflated ones. The bytes decide how they
 * are read; a transfer syntax that is missing or wrong is remarked on. A large deflated data set is inflated only as far as its pixel data.
 */
export async function parseDicom(bytes: Uint8Array, limits: ImageLimits): Promise<ParsedDicom> {
  // A plain view: of a Node Buffer, dicom-parser would take other paths.
  const file = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { from, transferSyntax } = readMeta(file)
  const fileBytes = bytes.length
  const found = layoutAt(file, from)
  const mayBeDeflated = transferSyntax === DEFLATED ? found !== EXPLICIT_LITTLE_ENDIAN : found === undefined
  if (mayBeDeflated) {
    const inflated = await inflate(file.subarray(from), transferSyntax === DEFLATED, limits)
    if (inflated !== undefined) {
      const remarks = remarksOn(transferSyntax, transferSyntax === DEFLATED)
      return { ...inflated, transferSyntax: DEFLATED, layout: EXPLICIT_LITTLE_ENDIAN, fileBytes, remarks }
    }
  }
  const stated = layoutOf(transferSyntax)
  const layout = found ?? stated
  const dataSet = readDataSet(file, from, layout)
  const fits = layout === stated && transferSyntax !== DEFLATED
  const remarks = remarksOn(transferSyntax, fits)
  return { dataSet, transferSyntax: transferSyntax || layout, layout, fileBytes, remarks }
}

const remarksOn = (transferSyntax: string, fits: boolean): FileRemark[] =>
  transferSyntax === '' ? ['transfer-syntax-missing'] : fits ? [] : ['transfer-syntax-wrong']

/** @returns undefined if the bytes are no deflated data set, and nobody said that they are one */
async function inflate(
  bytes: Uint8Array,
  said: boolean,
  limits: ImageLimits,
): Promise<Pick<ParsedDicom, 'dataSet' | 'deflated'> | undefined> {
  // PS3.5 A.5 has no zlib header; some writers put one. As raw blocks its first byte would be a stored one of a wrong length.
  const zlib = bytes[0] === 0x78 && (bytes[0] * 256 + bytes[1]!) % 31 === 0
  const format = zlib ? 'deflate' : 'deflate-raw'
  const head = await inflateUpTo([bytes], format, HEADER_BYTES)
  const layout = layoutAt(head.bytes, 0)
  if (layout === undefined && !said) return undefined
  const dataSet = readDataSet(head.bytes, 0, layout ?? EXPLICIT_LITTLE_ENDIAN)
  if (!head.cut) return { dataSet }
  const pixels = dataSet.elements.x7fe00010
  if (pixels === undefined) throw new AppError('image-too-large', 'the DICOM header does not end within 1 MB')
  if (pixels.hadUndefinedLength) throw damaged('its pixel data are deflated twice')
  checkSize(dataSet.uint16('x00280011') ?? 1, dataSet.uint16('x00280010') ?? 1, limits)
  const total = pixels.dataOffset + pixels.length
  if (total > limits.maxBytes) {
    throw new AppError('image-too-large', `${total} bytes once inflated; accepted: ${limits.maxBytes}`)
  }
  return { dataSet, deflated: { bytes, format } }
}
