import type { DataSet, Element } from 'dicom-parser'
import { AppError } from '../../api/problem.ts'
import { joinBytes } from '../../base/join-bytes.ts'
import { isCodestream } from './codestream-start.ts'
import { damaged } from './damaged.ts'

/** Bytes of a frame; not `whole` where the sequence that they lie in has no end. */
export type FrameBytes = { readonly bytes: Uint8Array; readonly whole: boolean }

/** The joined fragments of a frame of encapsulated pixel data (PS3.5 annex A.4). @param frame one that the object has: `checkFrame` */
export function encapsulatedFrame(dataSet: DataSet, frame: number, frames: number): FrameBytes {
  const encapsulated = readFragments(dataSet.byteArray, dataSet.elements.x7fe00010!)
  const { fragments, whole } = encapsulated
  const [first, count] = fragmentsOf(encapsulated, frame, frames)
  const pieces = fragments.slice(first, first + count).map(({ bytes }) => bytes)
  if (pieces.length === 0) throw damaged(`frame ${frame} is missing`)
  return { bytes: pieces.length === 1 ? pieces[0]! : joinBytes(pieces), whole }
}

/** First fragment and number of fragments of a frame: by the offset table, by count, or by JPEG end markers. */
function fragmentsOf(
  { fragments, offsets }: Encapsulated,
  frame: number,
  frames: number,
): [first: number, count: number] {
  if (frames === 1) return [0, fragments.length]
  if (fragments.length <= frames) return [frame, 1] // fewer than it says: those that are there
  if (offsets.length === frames) {
    const first = fragments.findIndex(({ offset }) => offset === offsets[frame])
    const next =
      frame + 1 < frames
        ? fragments.findIndex(({ offset }) => offset === offsets[frame + 1])
        : fragments.length
    if (first >= 0 && next > first) return [first, next - first]
  }
  // Each frame of a JPEG family codec ends in an end-of-image or end-of-codestream marker, perhaps padded by a byte.
  const ends = fragments.flatMap(({ bytes }, i) => {
    const closes = (at: number) => bytes[at] === 0xff && bytes[at + 1] === 0xd9
    return closes(bytes.length - 2) || closes(bytes.length - 3) ? [i + 1] : []
  })
  if (ends.length !== frames) return [0, 0]
  const first = frame === 0 ? 0 : ends[frame - 1]!
  return [first, ends[frame]! - first]
}

/** A radiograph has one, a film of a few minutes some thousands. */
const MAX_FRAGMENTS = 20_000

/** A part of encapsulated pixel data. */
type Fragment = {
  readonly bytes: Uint8Array
  /** Of its item, from the first one behind the offset table on. */
  readonly offset: number
}

type Encapsulated = {
  readonly offsets: readonly number[]
  readonly fragments: readonly Fragment[]
  /** Whether the sequence ends as it must. */
  readonly whole: boolean
}

/** An item (FFFE,E000) of a sequence of fragments, and what ends it. */
const ITEM = 0xe000
const END = 0xe0dd

/**
 * The fragments of a Pixel Data element of undefined length (PS3.5 annex A.4). They end with a delimiter, or where no item
 * follows: what lies there does not decide over them, a codec tells whether the data are whole.
 */
function readFragments(bytes: Uint8Array, { dataOffset }: Element): Encapsulated {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const items: Uint8Array[] = []
  const starts: number[] = []
  let at = dataOffset
  let whole = false
  while (at + 8 <= bytes.length && view.getUint16(at, true) === 0xfffe) {
    const element = view.getUint16(at + 2, true)
    whole = element === END
    if (element !== ITEM) break
    if (items.length > MAX_FRAGMENTS)
      throw new AppError('image-too-large', 'the DICOM object has too many elements')
    const length = view.getUint32(at + 4, true)
    starts.push(at)
    items.push(bytes.subarray(at + 8, at + 8 + length))
    at += 8 + length
  }
  const [table, ...fragments] = items
  if (table === undefined) throw damaged('its pixel data have no fragments')
  // Some writers leave the offset table out: what stands in its place is then the first fragment.
  const missing = fragments.length === 0 || isCodestream(table)
  if (missing) fragments.unshift(table)
  const first = starts[missing ? 0 : 1]!
  const offsets = missing ? [] : Array.from({ length: table.length >> 2 }, (_, i) => read32(table, 4 * i))
  return {
    offsets,
    fragments: fragments.map((fragment, i) => ({
      bytes: fragment,
      offset: starts[i + (missing ? 0 : 1)]! - first,
    })),
    whole,
  }
}

const read32 = (bytes: Uint8Array, at: number) =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at, true)
