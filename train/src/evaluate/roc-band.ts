import type { Rng } from '../rng.ts'
import { quantile } from '../statistics.ts'
import type { RocFigure } from './report.ts'

const GRID = 50
const RESAMPLES = 500

/**
 * The curve, and for each false positive rate the 95 % percentile interval of the true positive rate over resamples of
 * whole groups (vertical averaging, Fawcett 2006). The band is pointwise: a whole curve leaves it more often than one
 * point does.
 */
export function rocWithBand(
  name: string,
  { scores, positive }: { scores: readonly number[]; positive: readonly boolean[] },
  groups: readonly string[],
  rng: Rng,
): RocFigure {
  const names = [...new Set(groups)]
  const place = new Map(names.map((g, i) => [g, i]))
  const order = scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!)
  const sorted = {
    scores: order.map((i) => scores[i]!),
    positive: order.map((i) => positive[i]!),
    group: order.map((i) => place.get(groups[i]!)!),
  }
  const once = new Uint32Array(names.length).fill(1)
  const at = Array.from({ length: GRID + 1 }, () => [] as number[])
  const drawn = new Uint32Array(names.length)
  for (let r = 0; r < RESAMPLES; r++) {
    drawn.fill(0)
    for (let g = 0; g < names.length; g++) drawn[Math.floor(rng() * names.length)]!++
    const curve = corners(sorted, drawn)
    if (curve) for (const [k, rates] of at.entries()) rates.push(heightAt(curve, k / GRID))
  }
  return {
    name,
    curve: (corners(sorted, once) ?? []).map(({ x, y }) => ({ x: rounded(x), y: rounded(y) })),
    band: at.map((rates, k) => {
      rates.sort((a, b) => a - b)
      return { x: k / GRID, low: rounded(quantile(rates, 0.025)), high: rounded(quantile(rates, 0.975)) }
    }),
  }
}

type Sorted = { scores: number[]; positive: boolean[]; group: number[] }
type Point = { x: number; y: number }

/** Corners of the curve where each group counts as often as it was drawn; undefined without both kinds. */
function corners({ scores, positive, group }: Sorted, times: Uint32Array): Point[] | undefined {
  let [hits, alarms] = [0, 0]
  const points = [{ x: 0, y: 0 }]
  for (let i = 0; i < scores.length; i++) {
    const weight = times[group[i]!]!
    if (positive[i]) hits += weight
    else alarms += weight
    const tied = i + 1 < scores.length && scores[i + 1] === scores[i]
    if (tied) continue
    const before = points.at(-2)
    const last = points.at(-1)!
    if (last.x === alarms && last.y === hits) continue
    // Along one straight step only its end is kept.
    if (before && ((before.x === last.x && last.x === alarms) || (before.y === last.y && last.y === hits)))
      points.pop()
    points.push({ x: alarms, y: hits })
  }
  if (hits === 0 || alarms === 0) return undefined
  return points.map((p) => ({ x: p.x / alarms, y: p.y / hits }))
}

/** The highest true positive rate at a false positive rate; between corners along the straight line. */
function heightAt(curve: readonly Point[], x: number): number {
  let height = 0
  for (let i = 1; i < curve.length; i++) {
    const [a, b] = [curve[i - 1]!, curve[i]!]
    if (a.x > x) break
    height = b.x <= x ? b.y : a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x)
  }
  return height
}

const rounded = (v: number): number => Math.round(1e4 * v) / 1e4
