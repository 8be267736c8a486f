import type { DataSet } from 'dicom-parser'
import { exp } from '../exp.ts'
import { damaged } from './parse.ts'

/** A table from an integer input to an output level (Modality LUT, VOI LUT; PS3.3 C.11.1 and C.11.2). */
type Lut = { readonly first: number; readonly bits: number; readonly data: ArrayLike<number> }

type Window = {
  readonly centre: number
  readonly width: number
  readonly shape: 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID'
}

/** From stored values to display, as the object says. */
export type GreyPipeline = {
  readonly modality: { readonly slope: number; readonly intercept: number } | Lut
  /** The first VOI LUT, else the first window; absent if the object has neither. */
  readonly voi: Lut | Window | undefined
}

export function readPipeline(dataSet: DataSet, signed: boolean): GreyPipeline {
  const modalityLut = readLut(dataSet, 'x00283000', signed)
  const slope = dataSet.floatString('x00281053')
  const intercept = dataSet.floatString('x00281052')
  return {
    modality: modalityLut ?? {
      slope: slope !== undefined && Number.isFinite(slope) && slope !== 0 ? slope : 1,
      intercept: intercept !== undefined && Number.isFinite(intercept) ? intercept : 0,
    },
    voi: readLut(dataSet, 'x00283010', signed) ?? readWindow(dataSet),
  }
}

/** Output of the modality transformation for a stored value. */
export function modalityValue(stored: number, modality: GreyPipeline['modality']): number {
  return 'slope' in modality ? stored * modality.slope + modality.intercept : lookUp(modality, stored)
}

/** Output of the VOI transformation, 0–1. */
export function voiShare(value: number, voi: Lut | Window): number {
  if ('data' in voi) return lookUp(voi, value) / (2 ** voi.bits - 1)
  const { centre, width, shape } = voi
  if (shape === 'SIGMOID') return 1 / (1 + exp((-4 * (value - centre)) / width)) // C.11.2.1.3.1
  if (shape === 'LINEAR_EXACT') return clamp((value - centre) / width + 0.5) // C.11.2.1.3.2
  if (width === 1) return value > centre - 0.5 ? 1 : 0
  return clamp((value - (centre - 0.5)) / (width - 1) + 0.5) // C.11.2.1.2.1
}

const clamp = (share: number) => Math.min(1, Math.max(0, share))

/** Inputs below or above the table take its first or last entry. */
function lookUp({ first, data }: Lut, value: number): number {
  return data[Math.min(data.length - 1, Math.max(0, Math.round(value) - first))]!
}

function readLut(dataSet: DataSet, sequence: string, signed: boolean): Lut | undefined {
  const item = dataSet.elements[sequence]?.items?.[0]?.dataSet
  const element = item?.elements.x00283006
  if (item === undefined || element === undefined) return undefined
  const entries = item.uint16('x00283002', 0) || 65536 // 0 stands for 65,536
  const first = (signed ? item.int16('x00283002', 1) : item.uint16('x00283002', 1)) ?? 0
  const bits = item.uint16('x00283002', 2) ?? 16
  if (bits < 8 || bits > 16) throw damaged(`a lookup table of ${bits} bits`)
  const wide = element.length >= 2 * entries
  if (!wide && element.length < entries) throw damaged('a lookup table is shorter than it says')
  const data = new Uint16Array(entries)
  for (let i = 0; i < entries; i++) {
    data[i] = wide ? item.uint16('x00283006', i)! : item.byteArray[element.dataOffset + i]!
  }
  return { first, bits, data }
}

function readWindow(dataSet: DataSet): Window | undefined {
  const centre = dataSet.floatString('x00281050')
  const width = dataSet.floatString('x00281051')
  if (centre === undefined || width === undefined || !Number.isFinite(centre) || !Number.isFinite(width))
    return undefined
  const named = dataSet.string('x00281056')
  const shape = named === 'LINEAR_EXACT' || named === 'SIGMOID' ? named : 'LINEAR'
  // Widths that the standard does not allow occur as place holders: no window then.
  if (width <= 0 || (shape === 'LINEAR' && width < 1)) return undefined
  return { centre, width, shape }
}
