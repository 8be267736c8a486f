import { AppError } from '@detl/core/api/problem'
import type { LungFacts } from '@detl/core/lungs/lung-facts'
import { type Extents, zoneScore } from '@detl/core/lungs/severity'
import { ZONES } from '@detl/core/lungs/zones'
import { mean } from '../statistics.ts'
import { pearson, spearman, upperQuantile } from './dice.ts'
import type { LungScore } from './lung-score.ts'
import type { OutlineLimits } from './outline-limits.ts'

/** Share of held-out images that a range is to hold. */
const LEVEL = 0.9

type Dice = Pick<LungFacts['figures']['folds'], 'images' | 'mean' | 'lowest' | 'right' | 'left'>

/** Means over the images whose lungs were outlined; each image counts with the mean of its two lungs. @throws where there is none */
export function diceFigures(scores: readonly LungScore[]): Dice {
  const each = scores.flatMap(({ dice }) => (dice ? [dice] : []))
  if (each.length === 0) throw new AppError('request-invalid', 'no image with outlined lungs was held out')
  const both = each.map(({ right, left }) => (right + left) / 2)
  return {
    images: each.length,
    mean: mean(both),
    lowest: Math.min(...both),
    right: mean(each.map(({ right }) => right)),
    left: mean(each.map(({ left }) => left)),
  }
}

/** Means over both lungs of the images whose lungs were outlined. */
export function limitFigures(scores: readonly LungScore[]): OutlineLimits {
  const each = scores.flatMap(({ limits }) => (limits ? [limits.right, limits.left] : []))
  return { shrunk: mean(each.map(({ shrunk }) => shrunk)), near: mean(each.map(({ near }) => near)) }
}

type Pair = { readonly said: Extents; readonly drawn: Extents }
const pairsOf = (scores: readonly LungScore[]): Pair[] =>
  scores.flatMap(({ said, drawn }) => (said && drawn ? [{ said, drawn }] : []))

/** Of both lungs together, each lung the same. */
const extent = ({ left, right }: Extents): number => (left + right) / 2

/** @throws AppError request-invalid where no rank correlation can be had */
export function severityFigures(scores: readonly LungScore[]): LungFacts['figures']['severity'] {
  const pairs = pairsOf(scores)
  if (
    new Set(pairs.map(({ drawn }) => extent(drawn))).size < 2 ||
    new Set(pairs.map(({ said }) => extent(said))).size < 2
  )
    throw new AppError(
      'request-invalid',
      `${pairs.length} of the held-out images have an outlined lesion and lungs that were found: the figures and ranges of severity need two or more that differ (masks.csv, kind "lesion")`,
    )
  const normal = scores.flatMap(({ kind, said }) => (kind === 'clear' && said ? [extent(said)] : []))
  const rank = (of: (e: Extents) => number) =>
    spearman(
      pairs.map(({ said }) => of(said)),
      pairs.map(({ drawn }) => of(drawn)),
    )
  return {
    images: pairs.length,
    spearmanExtent: rank(extent),
    spearmanScore: rank(({ score }) => score),
    normalExtent: normal.length > 0 ? mean(normal) : 0,
    normalImages: normal.length,
  }
}

/** Pearson's correlation of what was said with what was drawn: much below the rank correlation, the scale would be bent. */
export function straightness(scores: readonly LungScore[]): { extent: number; score: number } {
  const pairs = pairsOf(scores)
  const line = (of: (e: Extents) => number) =>
    pearson(
      pairs.map(({ said }) => of(said)),
      pairs.map(({ drawn }) => of(drawn)),
    )
  return { extent: line(extent), score: line(({ score }) => score) }
}

/** Half widths of the ranges, from the images whose lesions were outlined: those are the hard ones, and the only ones whose truth is known. */
export function errorsOf(scores: readonly LungScore[]): LungFacts['error'] {
  const pairs = pairsOf(scores)
  const off = (of: (e: Extents) => readonly number[]) =>
    upperQuantile(
      pairs.flatMap(({ said, drawn }) => of(said).map((value, i) => Math.abs(value - of(drawn)[i]!))),
      LEVEL,
    )
  return {
    level: LEVEL,
    images: pairs.length,
    extent: off(({ left, right }) => [left, right]),
    zoneExtent: off(({ zones }) => ZONES.map((zone) => zones[zone])),
    zoneScore: off(({ zones }) => ZONES.map((zone) => zoneScore(zones[zone]))),
    score: off(({ score }) => [score]),
  }
}
