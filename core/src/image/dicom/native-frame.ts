import type { DataSet } from 'dicom-parser'
import { AppError } from '../../api/problem.ts'
import { damaged } from './damaged.ts'

/** Where a native frame lies in its data set, by what the element says of itself. */
export function nativeRange(dataSet: DataSet, frame: number, frames: number, frameLength: number) {
  checkFrame(frame, frames)
  const { dataOffset, length } = dataSet.elements.x7fe00010!
  const start = dataOffset + frame * frameLength
  const end = start + frameLength
  if (end > dataOffset + length) throw damaged('its pixel data are shorter than rows × columns')
  return { start, end }
}

/** A view of a native frame. */
export function nativeFrame(dataSet: DataSet, frame: number, frames: number, length: number): Uint8Array {
  const { start, end } = nativeRange(dataSet, frame, frames, length)
  if (end > dataSet.byteArray.length) throw damaged('its pixel data are shorter than rows × columns')
  return dataSet.byteArray.subarray(start, end)
}

/** @throws AppError request-invalid where the object has no such frame */
export function checkFrame(frame: number, frames: number): void {
  if (frame < 0 || frame >= frames || !Number.isInteger(frame)) {
    throw new AppError('request-invalid', `frame ${frame} of an object with ${frames}`)
  }
}
