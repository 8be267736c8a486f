import { storedValues } from './cells.ts'
import type { PixelHeader } from './header.ts'
import { type GreyPipeline, modalityValue, voiShare } from './voi.ts'

/**
 * Grey level of each pixel cell as it lies in the file, in the standard's order (PS3.4 N.2): modality, VOI, then the
 * inversion of MONOCHROME1. Without a VOI the whole declared range is shown, which leaves unsigned MONOCHROME2 values
 * as they are stored. Padding pixels are black in either photometric interpretation.
 */
export function levelsOfCells(
  header: PixelHeader,
  pipeline: GreyPipeline,
  padding: { readonly from: number; readonly to: number } | undefined,
): { bits: number; levels: Uint16Array } {
  const { bitsStored, bitsAllocated, signed } = header
  const bits = pipeline.voi === undefined ? bitsStored : 16
  const lowest = signed ? -(2 ** (bitsStored - 1)) : 0
  const table = greyTable(
    lowest,
    2 ** bitsStored,
    2 ** bits - 1,
    header.photometric === 'MONOCHROME1',
    pipeline,
  )
  if (padding) table.fill(0, Math.max(0, padding.from - lowest), Math.max(0, padding.to - lowest + 1))
  // One table from a cell to its level, so that the pixels are gone through once.
  const levels = new Uint16Array(2 ** bitsAllocated)
  for (let cell = 0; cell < levels.length; cell++) levels[cell] = cell
  const stored = storedValues(levels, header)
  for (let cell = 0; cell < levels.length; cell++) levels[cell] = table[stored[cell]! - lowest]!
  return { bits, levels }
}

/** Output level of each of `count` stored values from `lowest` up. */
function greyTable(
  lowest: number,
  count: number,
  top: number,
  invert: boolean,
  { modality, voi }: GreyPipeline,
) {
  const values = new Float64Array(count)
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (let i = 0; i < count; i++) {
    const value = modalityValue(lowest + i, modality)
    values[i] = value
    least = Math.min(least, value)
    most = Math.max(most, value)
  }
  const range = most > least ? most - least : 1
  const table = new Uint16Array(count)
  for (let i = 0; i < count; i++) {
    const share = voi === undefined ? (values[i]! - least) / range : voiShare(values[i]!, voi)
    const level = Math.round(share * top)
    table[i] = invert ? top - level : level
  }
  return table
}
