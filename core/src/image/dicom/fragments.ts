import type { Element } from 'dicom-parser'
import { AppError } from '../../api/problem.ts'
import { isCodestream } from './codestream-start.ts'
import { damaged } from './damaged.ts'

/** A radiograph has one, a film of a few minutes some thousands. */
const MAX_FRAGMENTS = 20_000

/** A part of encapsulated pixel data. */
export type Fragment = {
  readonly bytes: Uint8Array
  /** Of its item, from the first one behind the offset table on. */
  readonly offset: number
}

export type Encapsulated = {
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
export function readFragments(bytes: Uint8Array, { dataOffset }: Element): Encapsulated {
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
