import { LUNG_FAULTS, type LungFault, type LungRemark, type Lungs } from './lung.ts'
import type { Regions, RegionsSpec } from './regions.ts'
import { meanOver, ZONES, type Zone, zonesOf } from './zones.ts'

/** A number with its range: `RegionsSpec.error` says how wide, and for how many of the images. */
export type Ranged = { readonly value: number; readonly low: number; readonly high: number }

export type ZoneSeverity = {
  /** 0 … 3 */
  readonly score: Ranged
  /** Share of the zone that is opaque, 0 … 1. */
  readonly extent: Ranged
}

/** How much of the lungs is opaque. */
export type Severity =
  | { readonly assessable: false; readonly reason: { readonly code: LungFault; readonly detail: string } }
  | {
      readonly assessable: true
      /** Sum over the zones, 0 … 18. */
      readonly score: Ranged
      /** Share of each lung that is opaque, 0 … 1; the patient's left and right. */
      readonly extent: { readonly left: Ranged; readonly right: Ranged }
      readonly zones: Readonly<Record<Zone, ZoneSeverity>>
      /** Share of held-out images whose true value lay within such a range. */
      readonly level: number
      /** What is to be known of the lungs; absent where there is nothing. */
      readonly remarks?: LungRemark[] | undefined
    }

/** What an extent means by itself: without its range. */
export type Extents = {
  readonly left: number
  readonly right: number
  readonly zones: Readonly<Record<Zone, number>>
  readonly score: number
}

/** The middle of each class by thirds, and the score that it has: nothing 0, up to a third 1, up to two thirds 2, more 3. */
const STEPS = [
  [0, 0],
  [1 / 6, 1],
  [3 / 6, 2],
  [5 / 6, 3],
  [1, 3],
] as const

/**
 * The score of a zone, 0 … 3: 1 where up to a third of it is opaque, 2 up to two thirds, 3 beyond; in between it rises evenly, so that a score has
 * no jumps where an extent has none.
 */
export function zoneScore(extent: number): number {
  const to = STEPS.findIndex(([at]) => at >= extent)
  if (to <= 0) return to === 0 ? 0 : 3
  const [[x0, y0], [x1, y1]] = [STEPS[to - 1]!, STEPS[to]!]
  return y0 + ((y1 - y0) * (extent - x0)) / (x1 - x0)
}

/** Extents and score of lungs whose opacity is known, whoever outlined both. @param opacity [height,width], 0 … 1 */
export function extentsOf(lungs: Lungs, opacity: ArrayLike<number>, width: number): Extents {
  const shares = zonesOf(lungs, width)
  const zones = Object.fromEntries(ZONES.map((zone) => [zone, meanOver(opacity, shares[zone])])) as Record<
    Zone,
    number
  >
  return {
    left: meanOver(opacity, lungs.left.share),
    right: meanOver(opacity, lungs.right.share),
    zones,
    score: ZONES.reduce((sum, zone) => sum + zoneScore(zones[zone]), 0),
  }
}

/**
 * Severity of one image: how much of each lung is opaque, and a zone score of 0 … 18.
 *
 * It is a measure of what looks opaque, made of a few dozen hand-drawn outlines. It is no Brixia and no RALE score: those also grade what kind of opacity
 * it is, and a radiologist reads them. It does not say what the opacity is, nor how ill the patient is.
 * @param lungs as `findLungs` found them
 * @param remarks as `lungRemarks` made them
 * @example const severity = severityOf(manifest.regions, regions, findLungs(regions, pictureIn(geometry, manifest.preprocess.size)))
 */
export function severityOf(
  { error }: Pick<RegionsSpec, 'error'>,
  { opacity, width }: Regions,
  lungs: Lungs | LungFault,
  remarks: LungRemark[] = [],
): Severity {
  if (typeof lungs === 'string')
    return { assessable: false, reason: { code: lungs, detail: LUNG_FAULTS[lungs] } }
  const { left, right, zones, score } = extentsOf(lungs, opacity, width)
  const zone = (extent: number): ZoneSeverity => ({
    score: ranged(zoneScore(extent), error.zoneScore, 3),
    extent: ranged(extent, error.zoneExtent, 1),
  })
  return {
    assessable: true,
    score: ranged(score, error.score, 18),
    extent: { left: ranged(left, error.extent, 1), right: ranged(right, error.extent, 1) },
    zones: Object.fromEntries(ZONES.map((name) => [name, zone(zones[name])])) as Record<Zone, ZoneSeverity>,
    level: error.level,
    ...(remarks.length > 0 && { remarks }),
  }
}

/** To three decimals: more would claim a precision that the range denies. */
const ranged = (value: number, error: number, most: number): Ranged => ({
  value: rounded(value),
  low: rounded(Math.max(0, value - error)),
  high: rounded(Math.min(most, value + error)),
})
const rounded = (value: number): number => Math.round(value * 1000) / 1000
