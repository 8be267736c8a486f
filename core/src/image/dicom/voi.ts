import type { DataSet } from 'dicom-parser'
import { exp } from '../../base/exp.ts'
import { type Lut, lookUp, type Range, readLut } from './lut.ts'

/** A VOI window (PS3.3, C.11.2.1.2). */
export type Window = {
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

/** @param stored the range of stored values that the object's bits allow */
export function readPipeline(dataSet: DataSet, stored: Range): GreyPipeline {
  const slope = dataSet.floatString('x00281053')
  const intercept = dataSet.floatString('x00281052')
  const modality = readLut(dataSet, 'x00283000', stored) ?? {
    slope: slope !== undefined && Number.isFinite(slope) && slope !== 0 ? slope : 1,
    intercept: intercept !== undefined && Number.isFinite(intercept) ? intercept : 0,
  }
  return {
    modality,
    voi: readLut(dataSet, 'x00283010', outputs(modality, stored)) ?? readWindow(dataSet),
  }
}

/** Output of the modality transformation for a stored value. */
export function modalityValue(stored: number, modality: GreyPipeline['modality']): number {
  return 'slope' in modality ? stored * modality.slope + modality.intercept : lookUp(modality, stored)
}

/** What the modality transformation makes of a range. */
function outputs(modality: GreyPipeline['modality'], stored: Range): Range {
  if (!('slope' in modality)) return { least: 0, most: modality.top }
  const ends = [modalityValue(stored.least, modality), modalityValue(stored.most, modality)] as const
  return { least: Math.min(...ends), most: Math.max(...ends) }
}

/** Output of the VOI transformation, 0–1. */
export function voiShare(value: number, voi: Lut | Window): number {
  if ('data' in voi) return lookUp(voi, value) / voi.top
  const { centre, width, shape } = voi
  if (shape === 'SIGMOID') return 1 / (1 + exp((-4 * (value - centre)) / width)) // C.11.2.1.3.1
  if (shape === 'LINEAR_EXACT') return clamp((value - centre) / width + 0.5) // C.11.2.1.3.2
  if (width === 1) return value > centre - 0.5 ? 1 : 0
  return clamp((value - (centre - 0.5)) / (width - 1) + 0.5) // C.11.2.1.2.1
}

const clamp = (share: number) => Math.min(1, Math.max(0, share))

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
