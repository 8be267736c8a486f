import type { GrayImage } from './gray-image.ts'

/**
 * Turns an image upright by its EXIF orientation (TIFF tag 274): 1 as it is, 2 mirrored, 3 turned by 180°, 4 upside
 * down mirrored, 5 transposed, 6 to be turned 90° clockwise, 7 transversed, 8 to be turned 90° anticlockwise.
 */
export function orient(image: GrayImage, orientation: number): GrayImage {
  if (orientation < 2 || orientation > 8) return image
  const { width, height, data } = image
  const turned = orientation >= 5
  const [outWidth, outHeight] = turned ? [height, width] : [width, height]
  const flipX = orientation === 2 || orientation === 3 || orientation === 7 || orientation === 8
  const flipY = orientation === 3 || orientation === 4 || orientation === 6 || orientation === 7
  const out = new Uint16Array(data.length)
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      const [u, v] = turned ? [y, x] : [x, y]
      const sourceX = flipX ? width - 1 - u : u
      const sourceY = flipY ? height - 1 - v : v
      out[y * outWidth + x] = data[sourceY * width + sourceX]!
    }
  }
  return { ...image, width: outWidth, height: outHeight, data: out }
}
