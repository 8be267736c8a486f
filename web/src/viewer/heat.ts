import { inferno } from '@detl/core/cam/colour-map'
import { resizeMap } from '@detl/core/cam/resize-map'
import type { Result } from '../engine/types.ts'

/** Longest side of the heat layer: the map itself has some 25 cells a side. */
const HEAT_SIDE = 512
const colours = inferno()

/** The largest of all classes' maxima: full heat, so that the four maps can be compared. */
export const fullHeat = ({ maps }: Result): number => Math.max(...Object.values(maps).map(({ max }) => max))

/**
 * Draws a class's heat map as a layer for the X-ray: placed by the same code as the endpoint's overlays, its weight
 * growing with its value, so that no evidence leaves the X-ray as it is.
 */
export function drawHeat(canvas: HTMLCanvasElement | OffscreenCanvas, result: Result, label: string): void {
  const { image, geometry, grid, maps } = result
  const scale = Math.min(1, HEAT_SIDE / Math.max(image.width, image.height))
  const raster = {
    width: Math.max(1, Math.round(image.width * scale)),
    height: Math.max(1, Math.round(image.height * scale)),
  }
  canvas.width = raster.width
  canvas.height = raster.height
  const context = canvas.getContext('2d') as CanvasRenderingContext2D
  const map = maps[label]
  const full = fullHeat(result)
  if (!(full > 0)) return
  const heat = resizeMap(map, grid, geometry, image, raster)
  const layer = context.createImageData(raster.width, raster.height)
  for (let i = 0; i < heat.length; i++) {
    const share = Math.min(1, (heat[i]! * map.max) / full)
    const colour = Math.round(share * 255) * 3
    layer.data[i * 4] = colours[colour]!
    layer.data[i * 4 + 1] = colours[colour + 1]!
    layer.data[i * 4 + 2] = colours[colour + 2]!
    layer.data[i * 4 + 3] = share * 255
  }
  context.putImageData(layer, 0, 0)
}

/** The colour scale as CSS stops, from no heat to full heat. */
export function scaleStops(): string[] {
  return Array.from({ length: 9 }, (_, i) => {
    const at = Math.round((i / 8) * 255) * 3
    return `rgb(${colours[at]} ${colours[at + 1]} ${colours[at + 2]})`
  })
}
