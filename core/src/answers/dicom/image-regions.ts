import { type ActivationMap, type CamGrid, mapMaximum } from '../../cam/resize-map.ts'
import type { LungOutlines, Point } from '../../lungs/outlines.ts'
import type { Geometry } from '../../preprocess/preprocessed.ts'
import type { Screened } from '../answer.ts'
import { outlinesIn } from '../lung-findings.ts'
import { type Region, storedSize, toStored } from './stored-image.ts'

/** Where on the image, as it is stored, the numbers of a report are of. */
export type ImageRegions = {
  /** Undefined where lungs were not found. */
  readonly lungs: { readonly [Name in keyof LungOutlines]: Region } | undefined
  /** Where the heat map of a class is hottest; all that was scored where nothing speaks for it. */
  readonly hottest: (label: string) => Region
}

export function imageRegions(answer: Screened): ImageRegions {
  const { image, preprocessed, quality } = answer.intake
  const reading = quality.corrected ?? 'upright'
  const stored = storedSize(reading, image)
  const place = (point: Point) => toStored(reading, stored, point)
  const outlines = outlinesIn(answer)
  const { x, y, width, height } = preprocessed.geometry.crop
  const corners: Point[] = [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ]
  const maps: Readonly<Record<string, ActivationMap>> = answer.scores.maps
  return {
    lungs:
      outlines &&
      (Object.fromEntries(
        Object.entries(outlines).map(([name, line]) => [name, closed(line.map(place))]),
      ) as ImageRegions['lungs']),
    hottest: (label) => {
      const point = hottestOf(maps[label]!, answer.manifest.cam, preprocessed.geometry)
      return point ? { type: 'POINT', points: [place(point)] } : closed(corners.map(place))
    },
  }
}

/** A line whose last point is its first is closed (PS3.3, C.18.6.1.2). */
const closed = (line: Point[]): Region => ({ type: 'POLYLINE', points: [...line, line[0]!] })

/** On the upright image: the centre of what the hottest cell looks at, of those whose centre is not padding. In the steps of JSON, so that its readers find the same cell. */
function hottestOf(
  map: ActivationMap,
  { stride, offset }: CamGrid,
  { crop, placed }: Geometry,
): Point | undefined {
  const { width, height, data } = map
  let best: { level: number; x: number; y: number } | undefined
  const max = mapMaximum(map)
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const level = Math.round((data[row * width + column]! / max) * 255)
      const x = (offset + column * stride - placed.x) / placed.width
      const y = (offset + row * stride - placed.y) / placed.height
      const isPicture = x >= 0 && x <= 1 && y >= 0 && y <= 1
      if (isPicture && level > 0 && level > (best?.level ?? 0)) best = { level, x, y }
    }
  return best && [crop.x + best.x * crop.width, crop.y + best.y * crop.height]
}
