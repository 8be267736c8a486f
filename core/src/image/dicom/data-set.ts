import dicomParser, { type ByteArrayParser, type ByteStream, type DataSet } from 'dicom-parser'
import { AppError } from '../../api/problem.ts'
import { EXPLICIT_BIG_ENDIAN, IMPLICIT_LITTLE_ENDIAN, type Layout } from './syntax.ts'

/**
 * Numbers of 16 bits that are read of tags, lengths and delimiters, two or three an element: some 20,000 elements and items.
 * A radiograph has a few hundred; 64 MB of empty ones would take half a minute and gigabytes.
 */
const MAX_READS = 60_000

/** dicom-parser's own class, which its types declare as an interface. */
const { DataSet: DataSetClass } = dicomParser as unknown as {
  DataSet: new (parser: ByteArrayParser, bytes: Uint8Array, elements: object) => DataSet
}

/**
 * The elements from `from` on up to the pixel data, whose own element is the last: what lies behind is not looked at. By dicom-parser, step by
 * step, with a limit on what it reads.
 * @throws AppError image-undecodable (damaged), image-too-large (too many elements)
 */
export function readDataSet(bytes: Uint8Array, from: number, layout: Layout): DataSet {
  const budget = { reads: MAX_READS }
  const { littleEndianByteArrayParser, bigEndianByteArrayParser } = dicomParser
  const parser = limited(
    layout === EXPLICIT_BIG_ENDIAN ? bigEndianByteArrayParser : littleEndianByteArrayParser,
    budget,
  )
  try {
    const dataSet = new DataSetClass(parser, bytes, {})
    const stream = withAllVrs(new dicomParser.ByteStream(parser, bytes, from))
    const implicit = layout === IMPLICIT_LITTLE_ENDIAN
    const read = implicit ? dicomParser.parseDicomDataSetImplicit : dicomParser.parseDicomDataSetExplicit
    read(dataSet, stream, bytes.length, { untilTag: 'x7fe00010' })
    return dataSet
  } catch (error) {
    if (budget.reads < 0) throw new AppError('image-too-large', 'the DICOM object has too many elements')
    // dicom-parser throws bare strings.
    throw new AppError('image-undecodable', 'the DICOM data set is damaged', { cause: error })
  } finally {
    budget.reads = Number.POSITIVE_INFINITY // values may be read at will
  }
}

/** dicom-parser 1.8.21 does not know that these VRs have lengths of four bytes (PS3.5 table 7.1-1); to it, they are OB. */
function withAllVrs(stream: ByteStream): ByteStream {
  const read = stream.readFixedString.bind(stream)
  stream.readFixedString = (length) => {
    const text = read(length)
    return length === 2 && /^([OSU]V)$/.test(text) ? 'OB' : text
  }
  return stream
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
