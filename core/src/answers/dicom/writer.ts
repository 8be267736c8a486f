import { joinBytes } from '../../base/join-bytes.ts'

type Vr =
  | 'AE'
  | 'AS'
  | 'AT'
  | 'CS'
  | 'DA'
  | 'DS'
  | 'DT'
  | 'FL'
  | 'IS'
  | 'LO'
  | 'LT'
  | 'OB'
  | 'OW'
  | 'PN'
  | 'SH'
  | 'SL'
  | 'SQ'
  | 'SS'
  | 'ST'
  | 'TM'
  | 'UC'
  | 'UI'
  | 'UL'
  | 'US'
  | 'UT'
/** Text (a backslash parts several values), numbers, bytes as they are, or items of a sequence. */
export type Value = string | readonly number[] | Uint8Array | { readonly items: readonly DataSet[] }
/** `ggggeeee` → [VR, value]; written in the order of the tags. */
export type DataSet = Readonly<Record<string, readonly [vr: Vr, value: Value]>>

const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1'
/** 2.25.<UUID>: of this software (PS3.7, annex D.3.3.2), and its name, at most 16 characters. */
export const IMPLEMENTATION_UID = '2.25.222466139127386893137166180943275613491'
export const IMPLEMENTATION_NAME = 'DETL_1'

/** VRs whose length has four bytes, after two that are reserved (PS3.5, section 7.1.2). */
const LONG: ReadonlySet<Vr> = new Set(['OB', 'OW', 'SQ', 'UC', 'UT'])
/** VRs whose numbers have four bytes. */
const LONG_NUMBERS: ReadonlySet<Vr> = new Set(['FL', 'SL', 'UL'])

/** A DICOM Part 10 file, explicit VR little endian (PS3.10, section 7.1). */
export function writePart10(
  sopClass: string,
  sopInstance: string,
  dataSet: DataSet,
): Uint8Array<ArrayBuffer> {
  const body = encode({ ...dataSet, '00080016': ['UI', sopClass], '00080018': ['UI', sopInstance] })
  return asPart10({ sopClass, sopInstance, transferSyntax: EXPLICIT_LITTLE_ENDIAN }, body)
}

/**
 * A data set that is written already, as it came over a network, as a Part 10 file: its bytes stay as they are.
 * @example asPart10({ sopClass, sopInstance, transferSyntax: '1.2.840.10008.1.2' }, bytes)
 */
export function asPart10(
  of: { readonly sopClass: string; readonly sopInstance: string; readonly transferSyntax: string },
  body: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const meta = encode({
    '00020001': ['OB', Uint8Array.of(0, 1)],
    '00020002': ['UI', of.sopClass],
    '00020003': ['UI', of.sopInstance],
    '00020010': ['UI', of.transferSyntax],
    '00020012': ['UI', IMPLEMENTATION_UID],
    '00020013': ['SH', IMPLEMENTATION_NAME],
  })
  const length = encode({ '00020000': ['UL', [meta.length]] })
  return joinBytes([new Uint8Array(128), new TextEncoder().encode('DICM'), length, meta, body])
}

function encode(dataSet: DataSet): Uint8Array {
  const tags = Object.keys(dataSet).sort()
  return joinBytes(tags.map((tag) => element(tag, ...dataSet[tag]!)))
}

function element(tag: string, vr: Vr, value: Value): Uint8Array {
  const bytes = encodeValue(vr, value)
  const head = new Uint8Array(LONG.has(vr) ? 12 : 8)
  const view = new DataView(head.buffer)
  view.setUint16(0, Number.parseInt(tag.slice(0, 4), 16), true)
  view.setUint16(2, Number.parseInt(tag.slice(4), 16), true)
  head[4] = vr.charCodeAt(0)
  head[5] = vr.charCodeAt(1)
  if (LONG.has(vr)) view.setUint32(8, bytes.length, true)
  else if (bytes.length > 0xffff) throw new RangeError(`${tag} has ${bytes.length} bytes; ${vr} holds 65,535`)
  else view.setUint16(6, bytes.length, true)
  return joinBytes([head, bytes])
}

function encodeValue(vr: Vr, value: Value): Uint8Array {
  if (value instanceof Uint8Array) return even(value, vr)
  if (typeof value === 'string') return even(new TextEncoder().encode(value), vr)
  if ('items' in value) return joinBytes(value.items.flatMap(item))
  const size = LONG_NUMBERS.has(vr) ? 4 : 2
  const bytes = new Uint8Array(value.length * size)
  const view = new DataView(bytes.buffer)
  for (const [i, number] of value.entries()) {
    if (vr === 'FL') view.setFloat32(i * 4, number, true)
    // A negative number is written as its two's complement.
    else if (size === 4) view.setUint32(i * 4, number, true)
    else view.setUint16(i * 2, number, true)
  }
  return bytes
}

function item(dataSet: DataSet): Uint8Array[] {
  const body = encode(dataSet)
  const head = new Uint8Array(8)
  const view = new DataView(head.buffer)
  view.setUint16(0, 0xfffe, true)
  view.setUint16(2, 0xe000, true)
  view.setUint32(4, body.length, true)
  return [head, body]
}

/** Values have even lengths: UIDs and bytes end with a zero, text with a space (PS3.5, section 6.2). */
function even(bytes: Uint8Array, vr: Vr): Uint8Array {
  if (bytes.length % 2 === 0) return bytes
  return joinBytes([bytes, Uint8Array.of(vr === 'UI' || vr === 'OB' || vr === 'OW' ? 0 : 0x20)])
}
