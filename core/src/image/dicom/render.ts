import type { GrayImage } from '../gray-image.ts'
import type { PixelHeader } from './header.ts'
import { type GreyPipeline, modalityValue, voiShare } from './voi.ts'

/**
 * Stored values → grey image in the standard's order (PS3.4 N.2): modality, VOI, then the inversion of MONOCHROME1.
 * Without a VOI the whole declared range is shown, which leaves unsigned MONOCHROME2 values as they are stored.
 * Padding pixels are black in either photometric interpretation.
 */
export function renderGrey(
  stored: Uint16Array | Int16Array,
  size: { readonly width: number; readonly height: number },
  header: Pick<PixelHeader, 'bitsStored' | 'signed' | 'photometric'>,
  pipeline: GreyPipeline,
  padding: { readonly from: number; readonly to: number } | undefined,
): GrayImage {
  const { bitsStored, signed } = header
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
  const data = new Uint16Array(stored.length)
  for (let i = 0; i < data.length; i++) data[i] = table[stored[i]! - lowest]!
  return { ...size, bits, data }
}

/** Output level of each of `count` stored values from `lowest` up. */
function greyTable(
  lowest: number,
  count: number,
  top: number,
  invert: boolean,
  { modality, voi }: GreyPipeline,
) {
  const values = Float64Array.from({ length: count }, (_, i) => modalityValue(lowest + i, modality))
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const range = most > least ? most - least : 1
  const table = new Uint16Array(count)
  for (let i = 0; i < count; i++) {
    const share = voi === undefined ? (values[i]! - least) / range : voiShare(values[i]!, voi)
    const level = Math.round(share * top)
    table[i] = invert ? top - level : level
  }
  return table
}
