import type { Lung, LungFault, Lungs } from '../lungs/lung.ts'
import type { Regions } from '../lungs/regions.ts'
import { type Affine, chained, MIRROR, type Size, warped } from './affine.ts'
import { type Registration, registerLungs } from './register.ts'

/** What was seen of a film. */
export type Seen = {
  readonly regions: Regions
  /** As `findLungs` found them. */
  readonly lungs: Lungs | LungFault
  /** UINT8 [size,size], as the model saw it. */
  readonly tensor: Uint8Array
  readonly size: number
}

/** A film whose lungs were found. */
export type SeenLungs = Seen & { readonly lungs: Lungs }

export type Alignment = Registration & {
  /** Of the grey levels around the lungs, once the films lie upon each other: Pearson's, −1 … 1. */
  readonly correlation: number
}

/** How a later film lies upon an earlier one: as it is, and with its sides exchanged. */
export type Alignments = { readonly asShown: Alignment; readonly exchanged: Alignment }

export function alignments(earlier: SeenLungs, later: SeenLungs): Alignments {
  const asShown = registerLungs(earlier.lungs, later.lungs, later.regions)
  const flipped = registerLungs(earlier.lungs, mirroredLungs(later.lungs, later.regions), later.regions)
  const exchanged = { ...flipped, affine: chained(flipped.affine, MIRROR) }
  const withCorrelation = (registration: Registration): Alignment => ({
    ...registration,
    correlation: correlationOf(earlier, later, registration.affine),
  })
  return { asShown: withCorrelation(asShown), exchanged: withCorrelation(exchanged) }
}

/** The lungs as they lie in the mirrored picture: each stays the lung at its side of the picture. */
function mirroredLungs({ right, left }: Lungs, size: Size): Lungs {
  return { right: mirrored(left, size), left: mirrored(right, size) }
}

function mirrored(lung: Lung, { width }: Size): Lung {
  return {
    ...lung,
    share: lung.share.map((_, at) => lung.share[at - (at % width) + width - 1 - (at % width)]!),
    left: width - lung.right,
    right: width - lung.left,
  }
}

function correlationOf(earlier: SeenLungs, later: SeenLungs, affine: Affine): number {
  const here = { width: earlier.size, height: earlier.size }
  const there = { width: later.size, height: later.size }
  const levels = warped(later.tensor, there, affine, here)
  const { left, top, right, bottom } = chestOf(earlier)
  const sums = { n: 0, a: 0, b: 0, aa: 0, bb: 0, ab: 0 }
  for (let row = top; row < bottom; row++)
    for (let column = left; column < right; column++) {
      const a = earlier.tensor[row * here.width + column]!
      const b = levels[row * here.width + column]!
      sums.n++
      sums.a += a
      sums.b += b
      sums.aa += a * a
      sums.bb += b * b
      sums.ab += a * b
    }
  const { n, a, b, aa, bb, ab } = sums
  const spread = (n * aa - a * a) * (n * bb - b * b)
  return spread > 0 ? (n * ab - a * b) / Math.sqrt(spread) : 0
}

/** The box around both lungs, with what lies between them, in pixels of the tensor. */
function chestOf({ lungs: { right, left }, regions, size }: SeenLungs) {
  const [x, y] = [size / regions.width, size / regions.height]
  return {
    left: Math.floor(Math.min(right.left, left.left) * x),
    right: Math.ceil(Math.max(right.right, left.right) * x),
    top: Math.floor(Math.min(right.top, left.top) * y),
    bottom: Math.ceil(Math.max(right.bottom, left.bottom) * y),
  }
}
