import { damaged } from './damaged.ts'

const MAX_ELEMENTS = 100

/** What lies before the data set (PS3.10 section 7.1). */
export type Meta = {
  /** Where the data set begins. */
  readonly from: number
  /** Transfer Syntax UID; empty where the file has none. */
  readonly transferSyntax: string
}

/** The meta group, little endian whatever follows it; explicit VR, though some writers take the data set's implicit one. */
export function readMeta(bytes: Uint8Array): Meta {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = startOfMeta(bytes)
  let transferSyntax = ''
  for (let n = 0; at + 8 <= bytes.length && view.getUint16(at, true) === 2; n++) {
    if (n === MAX_ELEMENTS) throw damaged('its meta group has too many elements')
    const element = view.getUint16(at + 2, true)
    const [from, length] = valueAt(view, at)
    if (element === 0x0010) {
      const uid = String.fromCharCode(...bytes.subarray(from, from + Math.min(length, 64)))
      transferSyntax = /^[0-9.]*/.exec(uid.trimStart())![0]
    }
    at = from + length
  }
  return { from: Math.min(at, bytes.length), transferSyntax }
}

/** Behind the preamble and "DICM", of which either may be missing. */
function startOfMeta(bytes: Uint8Array): number {
  for (const at of [128, 0]) {
    if (String.fromCharCode(...bytes.subarray(at, at + 4)) === 'DICM') return at + 4
  }
  return bytes.subarray(0, 128).every((byte) => byte === 0) ? 128 : 0
}

/** Where the value of an element lies, and how long it is. */
function valueAt(view: DataView, at: number): [from: number, length: number] {
  const vr = String.fromCharCode(view.getUint8(at + 4), view.getUint8(at + 5))
  if (!/^[A-Z]{2}$/.test(vr)) return [at + 8, view.getUint32(at + 4, true)]
  const long = /^(O[BDFLVW]|S[QV]|U[CNRTV])$/.test(vr) && at + 12 <= view.byteLength
  return long ? [at + 12, view.getUint32(at + 8, true)] : [at + 8, view.getUint16(at + 6, true)]
}
