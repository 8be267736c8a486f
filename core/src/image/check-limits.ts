import { AppError } from '../api/problem.ts'
import type { ImageLimits } from './limits.ts'

/** Refuses an image by the size that its header declares, before anything of that size is allocated. */
export function checkSize(width: number, height: number, limits: ImageLimits): void {
  if (width < 1 || height < 1)
    throw new AppError('image-undecodable', `the header says ${width} × ${height} pixels`)
  if (Math.max(width, height) > limits.maxSide || width * height > limits.maxPixels) {
    throw new AppError(
      'image-too-large',
      `${width} × ${height} pixels; accepted: ${limits.maxSide} a side and ${limits.maxPixels} in all`,
    )
  }
}

/** A codec's heap: 50 MiB at least, and grown by a fifth at a time. */
export const heapBytes = (needed: number): number => Math.max(50 * 2 ** 20, 1.2 * needed)

/** Refuses an image that needs too much memory, by its kind and size, before anything of that size is allocated. */
export function checkMemory(needed: number, what: string, limits: ImageLimits): void {
  if (needed <= limits.maxMemory) return
  const megabytes = (bytes: number) => Math.ceil(bytes / 1e6)
  throw new AppError(
    'image-too-large',
    `${what} of this size needs ${megabytes(needed)} MB to be decoded; accepted: ${megabytes(limits.maxMemory)}`,
  )
}
