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
