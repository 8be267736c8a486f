import type { RegionsSpec } from '@detl/core/lungs/regions'

/** Of a network that nobody trained. */
export const TEST_REGIONS: RegionsSpec = {
  output: 'regions',
  height: 32,
  width: 32,
  network: { name: 'lungs-test', version: '1.0.0', sha256: '0'.repeat(64) },
  error: { level: 0.9, images: 40, extent: 0.1, zoneExtent: 0.15, zoneScore: 0.5, score: 2 },
}

type Ellipse = { readonly x: number; readonly y: number; readonly rx: number; readonly ry: number }
export type DrawnChest = {
  /** In shares of the sides. */
  readonly pictureLeft?: Ellipse
  readonly pictureRight?: Ellipse
  /** How opaque a place is, from its shares of the sides. */
  readonly opacity?: (x: number, y: number) => number
}

/** Two lungs as ellipses, and opacity where it is asked for: the values of the output `regions`, [3,height,width]. */
export function drawnRegions(
  {
    pictureLeft = { x: 0.3, y: 0.5, rx: 0.13, ry: 0.3 },
    pictureRight = { x: 0.7, y: 0.5, rx: 0.13, ry: 0.3 },
    opacity = () => 0,
  }: DrawnChest = {},
  { height, width }: Pick<RegionsSpec, 'height' | 'width'> = TEST_REGIONS,
): Float32Array {
  const plane = (of: (x: number, y: number) => number) =>
    Float32Array.from({ length: height * width }, (_, i) =>
      of(((i % width) + 0.5) / width, (Math.floor(i / width) + 0.5) / height),
    )
  const inside =
    ({ x, y, rx, ry }: Ellipse) =>
    (u: number, v: number) =>
      ((u - x) / rx) ** 2 + ((v - y) / ry) ** 2 <= 1 ? 1 : 0
  const planes = [plane(inside(pictureLeft)), plane(inside(pictureRight)), plane(opacity)]
  return Float32Array.from(planes.flatMap((values) => [...values]))
}
