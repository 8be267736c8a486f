import type { Lungs } from '../lungs/lung.ts'
import { type Affine, type Size, warped } from './affine.ts'

export type Registration = {
  /** From the fixed film to the moving one: where on the latter a point of the former lies. */
  readonly affine: Affine
  /** Dice of the lungs that were laid upon each other, each upon its own, 0 … 1. */
  readonly overlap: number
}

/** How far the masks are blurred, in cells: first wide, to find the way, then less. */
const BLURS = [3, 1] as const
const STEPS = 8
/** Damping of the normal equations, as a share of their mean diagonal: thin evidence moves nothing far. */
const DAMPING = 1e-3

/**
 * Lays the lungs of one film upon those of another by an affine map: least squares of the differences between the two pairs of masks, each lung with its own,
 * by the Gauss–Newton method (Lucas & Kanade 1981), from the boxes around the lungs. Only + − × ÷ and square roots: alike in every runtime.
 * @param fixed and moving in grids of `size`
 * @example const { affine, overlap } = registerLungs(earlier, later, regions)
 */
export function registerLungs(fixed: Lungs, moving: Lungs, size: Size): Registration {
  let affine = boxToBox(fixed, moving, size)
  for (const radius of BLURS) {
    const to = [fixed.right, fixed.left].map(({ share }) => blurred(share, size, radius))
    const from = [moving.right, moving.left].map(({ share }) => blurred(share, size, radius))
    let best = { affine, error: Number.POSITIVE_INFINITY }
    for (let step = 0; step < STEPS; step++) {
      const { error, change } = gaussNewton(to, from, affine, size)
      if (error >= best.error) break
      best = { affine, error }
      affine = affine.map((value, i) => value - change[i]!) as unknown as Affine
    }
    affine = best.affine
  }
  return { affine, overlap: overlapOf(fixed, moving, affine, size) }
}

/** The map that takes the box around the fixed lungs to the box around the moving ones. */
function boxToBox(fixed: Lungs, moving: Lungs, { width, height }: Size): Affine {
  const box = ({ right, left }: Lungs) => ({
    x: Math.min(right.left, left.left) / width,
    y: Math.min(right.top, left.top) / height,
    width: (Math.max(right.right, left.right) - Math.min(right.left, left.left)) / width,
    height: (Math.max(right.bottom, left.bottom) - Math.min(right.top, left.top)) / height,
  })
  const [a, b] = [box(fixed), box(moving)]
  const [sx, sy] = [b.width / a.width, b.height / a.height]
  return [sx, 0, b.x - sx * a.x, 0, sy, b.y - sy * a.y]
}

/** One step: the sum of squared differences as it is, and what to take from the parameters. */
function gaussNewton(to: readonly Float32Array[], from: readonly Float32Array[], affine: Affine, size: Size) {
  const { width, height } = size
  const normal = new Float64Array(36)
  const right = new Float64Array(6)
  let error = 0
  for (const [i, plane] of from.entries()) {
    const seen = warped(plane, size, affine)
    const slopeX = warped(slopes(plane, size, 1, width), size, affine)
    const slopeY = warped(slopes(plane, size, width, height), size, affine)
    for (let at = 0; at < seen.length; at++) {
      const u = ((at % width) + 0.5) / width
      const v = (Math.floor(at / width) + 0.5) / height
      const [gx, gy] = [slopeX[at]!, slopeY[at]!]
      const off = seen[at]! - to[i]![at]!
      error += off * off
      if (gx === 0 && gy === 0) continue
      const row = [gx * u, gx * v, gx, gy * u, gy * v, gy]
      for (let r = 0; r < 6; r++) {
        right[r]! += row[r]! * off
        for (let c = 0; c <= r; c++) normal[r * 6 + c]! += row[r]! * row[c]!
      }
    }
  }
  return { error, change: solved(normal, right) }
}

/** Central differences along one axis, per unit of the tensor's side. @param step between neighbours @param count cells along the axis */
function slopes(plane: Float32Array, { width, height }: Size, step: number, count: number): Float32Array {
  return plane.map((_, at) => {
    const place = step === 1 ? at % width : Math.floor(at / width)
    const last = step === 1 ? width - 1 : height - 1
    const before = place === 0 ? at : at - step
    const after = place === last ? at : at + step
    return ((plane[after]! - plane[before]!) / 2) * count
  })
}

/** Six equations by Cholesky's decomposition of their lower triangle, damped. */
function solved(normal: Float64Array, right: Float64Array): Float64Array {
  let trace = 0
  for (let i = 0; i < 6; i++) trace += normal[i * 7]!
  const damping = DAMPING * (trace / 6) + 1e-12
  const lower = new Float64Array(36)
  for (let r = 0; r < 6; r++) {
    for (let c = 0; c <= r; c++) {
      let sum = normal[r * 6 + c]! + (r === c ? damping : 0)
      for (let k = 0; k < c; k++) sum -= lower[r * 6 + k]! * lower[c * 6 + k]!
      lower[r * 6 + c] = r === c ? Math.sqrt(sum) : sum / lower[c * 7]!
    }
  }
  const out = Float64Array.from(right)
  for (let r = 0; r < 6; r++) {
    for (let k = 0; k < r; k++) out[r]! -= lower[r * 6 + k]! * out[k]!
    out[r]! /= lower[r * 7]!
  }
  for (let r = 5; r >= 0; r--) {
    for (let k = r + 1; k < 6; k++) out[r]! -= lower[k * 6 + r]! * out[k]!
    out[r]! /= lower[r * 7]!
  }
  return out
}

/** Means over squares of 2·radius + 1 cells, edges clamped, along rows and then along columns. */
function blurred(plane: Float32Array, { width, height }: Size, radius: number): Float32Array {
  const along = (from: Float32Array, step: number, count: number): Float32Array =>
    from.map((_, at) => {
      const place = step === 1 ? at % width : Math.floor(at / width)
      let sum = 0
      for (let d = -radius; d <= radius; d++)
        sum += from[at + (Math.min(count - 1, Math.max(0, place + d)) - place) * step]!
      return sum / (2 * radius + 1)
    })
  return along(along(plane, 1, width), width, height)
}

function overlapOf(fixed: Lungs, moving: Lungs, affine: Affine, size: Size): number {
  let both = 0
  let all = 0
  for (const side of ['right', 'left'] as const) {
    const there = warped(moving[side].share, size, affine)
    const here = fixed[side].share
    for (let i = 0; i < here.length; i++) {
      both += Math.min(here[i]!, there[i]!)
      all += here[i]! + there[i]!
    }
  }
  return all > 0 ? (2 * both) / all : 0
}
