import { joinBytes } from '@detl/core/base/join-bytes'

/** VRs whose length has four bytes, after two that are reserved (PS3.5, section 7.1.2). */
const LONG = /^(O[BDFLVW]|S[QV]|U[CNRTV])$/

/**
 * A data set in explicit VR little endian, with lengths that are stated, as implicit VR little endian (PS3.5, section 7.1.3): the syntax that
 * every archive takes. It is for objects of our own writer; of a stranger's object the bytes stay as they are.
 * @throws RangeError where an element does not end within the bytes
 */
export function toImplicit(explicit: Uint8Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(explicit.buffer, explicit.byteOffset, explicit.byteLength)
  const pieces: Uint8Array[] = []
  let at = 0
  while (at < explicit.length) {
    const vr = String.fromCharCode(explicit[at + 4]!, explicit[at + 5]!)
    const long = LONG.test(vr)
    const length = long ? view.getUint32(at + 8, true) : view.getUint16(at + 6, true)
    const from = at + (long ? 12 : 8)
    if (from + length > explicit.length) throw new RangeError('an element does not end within its data set')
    const value = explicit.subarray(from, from + length)
    const written = vr === 'SQ' ? itemsToImplicit(value) : value
    const head = new Uint8Array(8)
    head.set(explicit.subarray(at, at + 4))
    new DataView(head.buffer).setUint32(4, written.length, true)
    pieces.push(head, written)
    at = from + length
  }
  return joinBytes(pieces)
}

/** The items of a sequence: the tag FFFE,E000 and a length before each. */
function itemsToImplicit(items: Uint8Array): Uint8Array {
  const view = new DataView(items.buffer, items.byteOffset, items.byteLength)
  const pieces: Uint8Array[] = []
  for (let at = 0; at < items.length; ) {
    const length = view.getUint32(at + 4, true)
    const item = toImplicit(items.subarray(at + 8, at + 8 + length))
    const head = new Uint8Array(8)
    head.set(items.subarray(at, at + 4))
    new DataView(head.buffer).setUint32(4, item.length, true)
    pieces.push(head, item)
    at += 8 + length
  }
  return joinBytes(pieces)
}
