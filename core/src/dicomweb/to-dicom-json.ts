import { readableText } from '../answers/dicom/readable-text.ts'
import { readMeta } from '../image/dicom/meta.ts'
import type { DicomJson, DicomJsonAttribute, DicomJsonValue, PersonName } from './dicom-json.ts'

/** VRs whose length has four bytes, after two that are reserved (PS3.5, section 7.1.2). */
const LONG = /^(O[BDFLVW]|S[QV]|U[CNRTV])$/
/** Text that is one value, whatever backslashes are in it (PS3.5, section 6.2). */
const ONE_VALUE = /^(LT|ST|UR|UT)$/
/** Bytes of a number, and how it is read. */
const NUMBERS: Readonly<
  Record<string, readonly [bytes: number, read: (view: DataView, at: number) => number]>
> = {
  FD: [8, (view, at) => view.getFloat64(at, true)],
  FL: [4, (view, at) => view.getFloat32(at, true)],
  SL: [4, (view, at) => view.getInt32(at, true)],
  SS: [2, (view, at) => view.getInt16(at, true)],
  UL: [4, (view, at) => view.getUint32(at, true)],
  US: [2, (view, at) => view.getUint16(at, true)],
}
const PIXEL_DATA = '7FE00010'

/** An object that our own writer made (`writePart10`), read again. */
export type ReadObject = {
  readonly json: DicomJson
  /** Bytes of the elements that are referred to by an address. */
  readonly bulk: ReadonlyMap<string, Uint8Array>
}

/**
 * A Part 10 file in explicit VR little endian, all lengths stated, in the DICOM JSON Model (PS3.18, annex F.2). Its text comes out in UTF-8,
 * whatever character set it is written in.
 * @param bulkUri address of the bytes of an element
 * @throws RangeError where an element does not end within the bytes: this is for objects of our own writer
 */
export function toDicomJson(file: Uint8Array, bulkUri: (tag: string) => string): ReadObject {
  const body = file.subarray(readMeta(file).from)
  const bulk = new Map<string, Uint8Array>()
  const charset = elementsOf(body).find(({ tag }) => tag === '00080005')
  const decode = readableText(charset ? ascii(charset.value) : '')

  const attributeOf = ({ tag, vr, value }: Element): DicomJsonAttribute => {
    if (vr === 'SQ') return withValues(vr, itemsOf(value).map(dataSet))
    if (/^(O[BDFLVW]|UN)$/.test(vr)) {
      if (value.length === 0) return { vr }
      bulk.set(tag, value)
      return { vr, BulkDataURI: bulkUri(tag) }
    }
    return withValues(vr, valuesOf(vr, value, decode))
  }
  const dataSet = (bytes: Uint8Array): DicomJson =>
    Object.fromEntries(elementsOf(bytes).map((element) => [element.tag, attributeOf(element)]))

  const json = { ...dataSet(body), '00080005': { vr: 'CS', Value: ['ISO_IR 192'] } }
  return { json, bulk }
}

/** The pixel data of an object. */
export const pixelDataOf = ({ bulk }: ReadObject): Uint8Array | undefined => bulk.get(PIXEL_DATA)

const withValues = (vr: string, Value: readonly DicomJsonValue[]): DicomJsonAttribute =>
  Value.length > 0 ? { vr, Value } : { vr }

function valuesOf(vr: string, value: Uint8Array, decode: (bytes: Uint8Array) => string): DicomJsonValue[] {
  if (vr === 'AT') {
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
    const half = (at: number) => hex(view.getUint16(at, true))
    return Array.from({ length: value.length / 4 }, (_, i) => half(4 * i) + half(4 * i + 2))
  }
  const number = NUMBERS[vr]
  if (number) {
    const [size, read] = number
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
    return Array.from({ length: value.length / size }, (_, i) => read(view, i * size))
  }
  const text = (/^(AE|AS|CS|DA|DS|DT|IS|TM|UI|UR)$/.test(vr) ? ascii : decode)(value).replace(/[\0 ]+$/, '')
  if (text === '') return []
  if (ONE_VALUE.test(vr)) return [text]
  const parts = text.split('\\').map((part) => part.trim())
  if (vr === 'DS' || vr === 'IS') return parts.map(Number)
  return vr === 'PN' ? parts.map(personName) : parts
}

function personName(text: string): PersonName {
  const [Alphabetic, Ideographic, Phonetic] = text.split('=')
  return {
    ...(Alphabetic && { Alphabetic }),
    ...(Ideographic && { Ideographic }),
    ...(Phonetic && { Phonetic }),
  }
}

const ascii = (bytes: Uint8Array): string =>
  new TextDecoder('windows-1252').decode(bytes).replace(/[\0 ]+$/, '')

type Element = { readonly tag: string; readonly vr: string; readonly value: Uint8Array }

function elementsOf(bytes: Uint8Array): Element[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const elements: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const vr = String.fromCharCode(bytes[at + 4]!, bytes[at + 5]!)
    const long = LONG.test(vr)
    const length = long ? view.getUint32(at + 8, true) : view.getUint16(at + 6, true)
    const from = at + (long ? 12 : 8)
    if (from + length > bytes.length) throw new RangeError('an element does not end within its data set')
    const tag = hex(view.getUint16(at, true)) + hex(view.getUint16(at + 2, true))
    elements.push({ tag, vr, value: bytes.subarray(from, from + length) })
    at = from + length
  }
  return elements
}

const hex = (half: number) => half.toString(16).toUpperCase().padStart(4, '0')

/** The items of a sequence: the tag FFFE,E000 and a length before each. */
function itemsOf(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const items: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = view.getUint32(at + 4, true)
    items.push(bytes.subarray(at + 8, at + 8 + length))
    at += 8 + length
  }
  return items
}
