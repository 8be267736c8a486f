import type { DataSet, Element } from 'dicom-parser'

/** Both ends belong to it. */
export type Range = { readonly least: number; readonly most: number }

/** A table from an integer input to an output level (Modality LUT, VOI LUT; PS3.3 C.11.1 and C.11.2). */
export type Lut = {
  /** The input that the first entry is for. */
  readonly first: number
  readonly data: Uint16Array
  /** The highest level that the bits of the largest entry can hold, at least 1. */
  readonly top: number
}

/** Inputs below or above the table take its first or last entry. */
export function lookUp({ first, data }: Lut, value: number): number {
  return data[Math.min(data.length - 1, Math.max(0, Math.round(value) - first))]!
}

/**
 * The first table of a sequence that has data. What the descriptor says is held against the data, which decide: entries may be
 * fewer than it says, or need more or fewer bits (some makers write 16 for tables of 12 bits).
 * @param input what the table is applied to
 */
export function readLut(dataSet: DataSet, sequence: string, input: Range): Lut | undefined {
  for (const { dataSet: item } of dataSet.elements[sequence]?.items ?? []) {
    const descriptor = item?.elements.x00283002
    const element = item?.elements.x00283006
    if (item === undefined || descriptor === undefined || element === undefined) continue
    const entries = item.uint16('x00283002', 0) || 65536 // 0 stands for 65,536
    const data = readEntries(item, element, entries)
    if (data.length === 0) continue
    const largest = data.reduce((most, entry) => Math.max(most, entry), 1)
    const first = firstInput(item, descriptor, data.length, input)
    return { first, data, top: 2 ** (32 - Math.clz32(largest)) - 1 }
  }
  return undefined
}

function readEntries(item: DataSet, { dataOffset, length, vr }: Element, entries: number): Uint16Array {
  const bytes = item.byteArray.subarray(dataOffset, dataOffset + length)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const little = item.byteArrayParser.readUint16(Uint8Array.of(1, 0), 0) === 1
  // Entries of 8 bits may be packed, one a byte, padded to an even number (C.11.1.1.1).
  const packed = bytes.length === entries + (entries % 2)
  const swapped = !little && vr === 'OW' ? 1 : 0
  const count = Math.min(entries, packed ? bytes.length : bytes.length >> 1)
  return Uint16Array.from({ length: count }, (_, i) =>
    packed ? bytes[i ^ swapped]! : view.getUint16(2 * i, little),
  )
}

/**
 * The second value of a descriptor. Its own VR says whether it is signed; implicit VR has none: it is then as the input is.
 * If no input can reach the table so, but can with the other sign, the other sign was meant.
 */
function firstInput(item: DataSet, { vr }: Element, entries: number, { least, most }: Range): number {
  const unsigned = item.uint16('x00283002', 1) ?? 0
  const signed = (unsigned << 16) >> 16
  const [declared, other] =
    vr === 'SS' || (vr !== 'US' && least < 0) ? [signed, unsigned] : [unsigned, signed]
  const reached = (first: number) => first <= most && first + entries - 1 >= least
  return !reached(declared) && reached(other) ? other : declared
}
