import { type ActivationMap, mapMaximum, resizeMap } from '../../cam/resize-map.ts'
import type { Reading } from '../../gate/reading.ts'
import { outlinesOf, type Point, type Polygon } from '../../lungs/outlines.ts'
import type { Screened } from '../answer.ts'
import { type Size, storedSize, toStored } from './stored-image.ts'

/** What is hot: heat of at least so much of the strongest of all classes, as the heat map's colours have it. */
const SHARE = 0.5
/** The region is found on a raster with sides of at most so many pixels: many times finer than the map's cells. */
const MAX_SIDE = 512

/** The heat map of a class on a raster over the upright image, and how that image lies in its file. */
export type Heat = {
  /** [raster.height, raster.width], in the map's own scale. */
  readonly heat: Float32Array
  /** Hot is what has at least this, and more than nothing. */
  readonly least: number
  readonly raster: Size
  /** The image as it was scored, and as it is stored. */
  readonly image: Size
  readonly stored: Size
  readonly reading: Reading
}

/** @param leading the class */
export function heatOn({ scores, intake, manifest }: Screened, leading: string): Heat {
  const { image, preprocessed, quality } = intake
  const maps: Readonly<Record<string, ActivationMap>> = scores.maps
  const least = SHARE * Math.max(...Object.values(maps).map(mapMaximum))
  const scale = Math.min(1, MAX_SIDE / Math.max(image.width, image.height))
  const raster = { width: Math.ceil(image.width * scale), height: Math.ceil(image.height * scale) }
  const heat = resizeMap(maps[leading]!, manifest.cam, preprocessed.geometry, image, raster)
  const reading = quality.corrected ?? 'upright'
  return { heat, least, raster, image, stored: storedSize(reading, image), reading }
}

/**
 * The lines around what is hot, on the image as it is stored, in its pixels from its upper left corner; none where nothing is hot.
 * @param leading the class
 */
export function hotOutlines(answer: Screened, leading: string): Polygon[] {
  const { heat, least, raster, image, stored, reading } = heatOn(answer, leading)
  if (least <= 0) return []
  // What has just the least heat is inside, as in the segmentation: maps have level parts.
  const share = heat.map((value) => (0.5 * (1 + 1e-6) * value) / least)
  const toImage = ([x, y]: Point): Point => [
    (x * image.width) / raster.width,
    (y * image.height) / raster.height,
  ]
  return outlinesOf(share, raster.width, raster.height)
    .filter((line) => line.length > 2)
    .map((line) => line.map((point) => toStored(reading, stored, toImage(point))))
}
