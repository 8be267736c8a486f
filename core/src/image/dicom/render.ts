import type { CellFormat, CellLevels, CellUse } from './cell-use.ts'
import { storedValues } from './cells.ts'
import type { Range } from './lut.ts'
import type { PixelHeader } from './pixel-header.ts'
import { type GreyPipeline, modalityValue, voiShare } from './voi.ts'

/**
 * Grey level of each pixel cell as it lies in the file, in the standard's order (PS3.4 N.2): modality, VOI, then the
 * inversion of MONOCHROME1. Without a VOI the values from the least to the largest pixel are shown. Padding pixels do not
 * count for that, and are black in either photometric interpretation.
 * @param padding Pixel Padding Value and Range Limit (PS3.3 C.7.5.1.1.2), stored values
 */
export function levelsOfCells(
  photometric: PixelHeader['photometric'],
  { modality, voi }: GreyPipeline,
  padding: Range | undefined,
  format: CellFormat,
  use: CellUse,
): CellLevels {
  const { cells, values, bits: valueBits } = usedValues(format, use, padding)
  const bits = voi === undefined ? valueBits : 16
  const top = 2 ** bits - 1
  const shown = Float64Array.from(values, (value) => modalityValue(value, modality))
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (const value of shown) {
    least = Math.min(least, value)
    most = Math.max(most, value)
  }
  const range = most > least ? most - least : 1
  const levels = new Uint16Array(use.present.length)
  for (let i = 0; i < cells.length; i++) {
    const share = voi === undefined ? (shown[i]! - least) / range : voiShare(shown[i]!, voi)
    const level = Math.min(top, Math.max(0, Math.round(share * top)))
    levels[cells[i]!] = photometric === 'MONOCHROME1' ? top - level : level
  }
  return { bits, levels }
}

/** The cells that occur and are no padding, with the stored value of each. */
function usedValues(format: CellFormat, use: CellUse, padding: Range | undefined) {
  const { present, valuesGoOnAbove } = use
  const { bitsAllocated, signed } = format
  const { least, most } = padding ?? { least: 1, most: 0 }
  // Padding may be outside what Bits Stored can hold: it then is a cell of 16 bits of its own.
  const pattern = bitsAllocated === 16 && least === most ? least & 0xffff : -1
  const all = new Uint16Array(present.length)
  let count = 0
  for (let cell = 0; cell < present.length; cell++)
    if (present[cell] === 1 && cell !== pattern) all[count++] = cell
  const bits = valuesGoOnAbove ? bitsAllocated : format.bitsStored
  const stored = storedValues(
    all.subarray(0, count),
    valuesGoOnAbove ? { signed, bitsStored: bits, highBit: bits - 1 } : format,
  )
  const kept = (_: number, i: number) => stored[i]! < least || stored[i]! > most
  const cells = all.filter(kept)
  // A padding range that covers the whole image is a mistake.
  return cells.length > 0
    ? { cells, values: stored.filter(kept), bits }
    : { cells: all, values: stored, bits }
}
