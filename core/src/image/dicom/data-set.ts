import dicomParser, { type ByteArrayParser, type DataSet } from 'dicom-parser'
import { AppError } from '../../api/problem.ts'
import { DEFLATED, EXPLICIT_BIG_ENDIAN, IMPLICIT_LITTLE_ENDIAN } from './syntax.ts'

/**
 * Numbers of 16 bits that are read of tags, lengths and delimiters, two or three an element: some 20,000 elements, items and
 * fragments. A radiograph has a few hundred; 64 MB of empty ones would take half a minute and gigabytes.
 */
const MAX_READS = 60_000
const MAX_META_ELEMENTS = 100

/** dicom-parser's own class, which its types declare as an interface. */
const { DataSet: DataSetClass } = dicomParser as unknown as {
  DataSet: new (parser: ByteArrayParser, bytes: Uint8Array, elements: object) => DataSet
}

export type ReadDataSet = {
  /** With the elements of the meta group; of a deflated object these alone. */
  readonly dataSet: DataSet
  readonly transferSyntax: string
  /** Where the data set begins. */
  readonly from: number
}

/**
 * dicom-parser's `parseDicom`, step by step, with a limit on what it reads.
 * @param bytes with a meta group from `metaFrom` on, or a bare data set of the given syntax
 * @throws AppError image-undecodable (damaged), image-too-large (too many elements)
 */
export function readDataSet(
  bytes: Uint8Array,
  start: { readonly metaFrom: number } | { readonly syntax: string },
  untilTag?: string,
): ReadDataSet {
  const budget = { reads: MAX_READS }
  try {
    const little = limited(dicomParser.littleEndianByteArrayParser, budget)
    const meta = new DataSetClass(little, bytes, {})
    let from = 0
    if ('metaFrom' in start) {
      from = endOfMeta(bytes, start.metaFrom)
      dicomParser.parseDicomDataSetExplicit(
        meta,
        new dicomParser.ByteStream(little, bytes, start.metaFrom),
        from,
      )
      // The meta group is little endian whatever follows it.
      for (const element of Object.values(meta.elements)) element.parser = little
    }
    const transferSyntax = 'syntax' in start ? start.syntax : (meta.string('x00020010') ?? '')
    if (transferSyntax === '') throw new Error('the transfer syntax is missing')
    if (transferSyntax === DEFLATED) return { dataSet: meta, transferSyntax, from }
    const parser =
      transferSyntax === EXPLICIT_BIG_ENDIAN ? limited(dicomParser.bigEndianByteArrayParser, budget) : little
    const dataSet = new DataSetClass(parser, bytes, {})
    const stream = new dicomParser.ByteStream(parser, bytes, from)
    const implicit = transferSyntax === IMPLICIT_LITTLE_ENDIAN
    const read = implicit ? dicomParser.parseDicomDataSetImplicit : dicomParser.parseDicomDataSetExplicit
    read(dataSet, stream, bytes.length, untilTag === undefined ? undefined : { untilTag })
    Object.assign(dataSet.elements, meta.elements)
    return { dataSet, transferSyntax, from }
  } catch (error) {
    if (budget.reads < 0) throw new AppError('image-too-large', 'the DICOM object has too many elements')
    // dicom-parser throws bare strings.
    throw new AppError('image-undecodable', 'the DICOM data set is damaged', { cause: error })
  } finally {
    budget.reads = Number.POSITIVE_INFINITY // values may be read at will
  }
}

function limited(parser: ByteArrayParser, budget: { reads: number }): ByteArrayParser {
  return {
    ...parser,
    readUint16(bytes, position) {
      if (--budget.reads < 0) throw new Error('too many elements')
      return parser.readUint16(bytes, position)
    },
  }
}

/** Behind the last element of group 0002, explicit VR little endian (PS3.10 section 7.1). */
function endOfMeta(bytes: Uint8Array, from: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = from
  for (let n = 0; at + 12 <= bytes.length && view.getUint16(at, true) === 2; n++) {
    if (n === MAX_META_ELEMENTS) throw new Error('the meta group has too many elements')
    const long = /^(O[BDFLVW]|SQ|SV|U[CNRTV])$/.test(String.fromCharCode(bytes[at + 4]!, bytes[at + 5]!))
    at += long ? 12 + view.getUint32(at + 8, true) : 8 + view.getUint16(at + 6, true)
  }
  return Math.min(at, bytes.length)
}
