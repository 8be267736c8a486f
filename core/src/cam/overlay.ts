import type { GrayImage } from '../image/gray-image.ts'
import type { Seen } from '../preprocess/preprocessed.ts'
import { type ColourMap, inferno } from './colour-map.ts'
import { type ActivationMap, type CamGrid, type Raster, resizeMap } from './resize-map.ts'

/** 8-bit RGB, row-major, length width × height × 3. */
export type RgbImage = { readonly width: number; readonly height: number; readonly data: Uint8Array }

export type OverlayOptions = {
  /** Longest side of the overlay; the image is never enlarged. */
  readonly maxSide: number
  /** Weight of the heat map where it is hottest, 0–1. */
  readonly opacity: number
  /** The map's value that is shown at full heat: the largest of all classes' maxima keeps the maps comparable. */
  readonly fullHeat: number
}

/**
 * The heat map mixed over the X-ray. The X-ray is shown in the window that the network saw it in; the map's weight
 * grows with its value, so that a map without evidence leaves the X-ray as it is.
 */
export function renderOverlay(
  image: GrayImage,
  seen: Seen,
  map: ActivationMap,
  grid: CamGrid,
  { maxSide, opacity, fullHeat }: OverlayOptions,
): RgbImage {
  const scale = Math.min(1, maxSide / Math.max(image.width, image.height))
  const raster = {
    width: Math.max(1, Math.round(image.width * scale)),
    height: Math.max(1, Math.round(image.height * scale)),
  }
  const grey = showGrey(image, seen.window, raster)
  const heat = resizeMap(map, grid, seen.geometry, image, raster)
  return { ...raster, data: mix(grey, heat, fullHeat, opacity, inferno()) }
}

/** The X-ray on a smaller raster: mean of the covered source pixels, windowed to 0–255. @returns [raster.height, raster.width] */
export function showGrey(
  image: GrayImage,
  window: { low: number; high: number },
  raster: Raster,
): Uint8Array {
  const grey = new Uint8Array(raster.width * raster.height)
  const range = Math.max(1, window.high - window.low)
  for (let y = 0; y < raster.height; y++) {
    const top = Math.floor((y * image.height) / raster.height)
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * image.height) / raster.height))
    for (let x = 0; x < raster.width; x++) {
      const left = Math.floor((x * image.width) / raster.width)
      const right = Math.max(left + 1, Math.floor(((x + 1) * image.width) / raster.width))
      let sum = 0
      for (let v = top; v < bottom; v++) {
        for (let u = left; u < right; u++) sum += image.data[v * image.width + u]!
      }
      const mean = sum / ((bottom - top) * (right - left))
      grey[y * raster.width + x] = Math.max(0, Math.min(255, Math.round(((mean - window.low) / range) * 255)))
    }
  }
  return grey
}

function mix(grey: Uint8Array, heat: Float32Array, fullHeat: number, opacity: number, colours: ColourMap) {
  const out = new Uint8Array(grey.length * 3)
  for (let i = 0; i < grey.length; i++) {
    const share = fullHeat > 0 ? Math.min(1, heat[i]! / fullHeat) : 0
    const weight = opacity * share
    const colour = Math.round(share * 255) * 3
    for (let c = 0; c < 3; c++) {
      out[i * 3 + c] = Math.round(grey[i]! * (1 - weight) + colours[colour + c]! * weight)
    }
  }
  return out
}
