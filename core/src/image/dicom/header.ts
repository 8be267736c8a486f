import type { DataSet } from 'dicom-parser'
import { AppError } from '../../api/problem.ts'
import { checkSize } from '../check-limits.ts'
import type { ImageLimits } from '../limits.ts'
import { damaged, printable } from './damaged.ts'
import type { PixelHeader } from './pixel-header.ts'

export function readPixelHeader(dataSet: DataSet, limits: ImageLimits): PixelHeader {
  const width = dataSet.uint16('x00280011')
  const height = dataSet.uint16('x00280010')
  if (dataSet.elements.x7fe00010 === undefined || width === undefined || height === undefined) {
    const modality = printable(dataSet.string('x00080060') ?? 'unknown')
    throw new AppError('image-unsupported', `the DICOM object is no image (modality ${modality})`)
  }
  checkSize(width, height, limits)
  const photometric = (dataSet.string('x00280004') ?? '').trim().toUpperCase() || 'MONOCHROME2'
  const samples = dataSet.uint16('x00280002') ?? 1
  if (samples !== 1 || (photometric !== 'MONOCHROME1' && photometric !== 'MONOCHROME2')) {
    throw new AppError(
      'image-unsupported',
      `DICOM colour image (${printable(photometric)}); accepted: MONOCHROME1, MONOCHROME2`,
    )
  }
  const bitsAllocated = dataSet.uint16('x00280100') ?? 16
  if (bitsAllocated !== 8 && bitsAllocated !== 16) {
    throw new AppError(
      'image-unsupported',
      `DICOM image with ${bitsAllocated} bits allocated; accepted: 8, 16`,
    )
  }
  const bitsStored = dataSet.uint16('x00280101') || bitsAllocated
  const saidHighBit = dataSet.uint16('x00280102') ?? 0
  // A high bit that cannot hold them is passed over: all but old objects have it at the top of the bits stored.
  const possible = saidHighBit + 1 >= bitsStored && saidHighBit < bitsAllocated
  const highBit = possible ? saidHighBit : bitsStored - 1
  if (bitsStored > bitsAllocated) {
    throw damaged(`${bitsStored} bits stored up to bit ${highBit} of ${bitsAllocated}`)
  }
  const frames = Math.max(1, dataSet.intString('x00280008') ?? 1)
  const signed = dataSet.uint16('x00280103') === 1
  return { width, height, frames, photometric, bitsAllocated, bitsStored, highBit, signed }
}
