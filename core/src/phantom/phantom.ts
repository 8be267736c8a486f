import { uniform } from '../base/random.ts'
import type { GrayImage } from '../image/gray-image.ts'
import type { Label } from '../model/labels.ts'
import { smoothNoise } from './noise.ts'

/** What a lesion looks like, and which label a phantom with it gets. */
export type LesionKind = 'nodule' | 'consolidation' | 'ground-glass'

export type Lesion = {
  readonly kind: LesionKind
  /** In pixels, around the part where the lesion is at least half as dense as at its densest. */
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
  /** 1 inside that part, row-major, width × height of the image. */
  readonly mask: Uint8Array
}

export type Phantom = {
  /** 12 bits, bone bright. */
  readonly image: GrayImage
  readonly lesions: readonly Lesion[]
  readonly label: Label
}

export type PhantomOptions = {
  readonly seed: number
  readonly width: number
  readonly height: number
  /** Ground glass comes as several patches in both lungs: one entry, several lesions. */
  readonly lesions: readonly LesionKind[]
}

/**
 * A synthetic chest X-ray with lesions of known place: the same options give the same pixels in every runtime.
 * It is not a model of anatomy: it has what decoding, preprocessing, maps and demonstrations need, namely two dark
 * lungs, a bright heart, spine, ribs and diaphragm, quantum noise, and lesions that brighten the lung.
 */
export function phantom({ seed, width, height, lesions }: PhantomOptions): Phantom {
  const random = uniform(seed)
  const anatomy = drawAnatomy(random)
  const placed = lesions.flatMap((kind) => placeLesions(kind, random))
  const texture = smoothNoise(random, 24)
  const data = new Uint16Array(width * height)
  const densities = placed.map(() => new Float64Array(width * height))
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const u = (x + 0.5) / width
      const v = (y + 0.5) / height
      const { level, lung } = anatomy(u, v)
      let added = 0
      for (const [i, lesion] of placed.entries()) {
        const density = bump(u, v, lesion) * lung
        densities[i]![y * width + x] = density
        added += density * lesion.contrast * (0.7 + 0.6 * texture(u * 3, v * 3))
      }
      const quantum = (random() + random() - 1) * 0.02
      const value = level + added + quantum + (texture(u, v) - 0.5) * 0.06
      data[y * width + x] = Math.round(4095 * Math.min(1, Math.max(0, value)))
    }
  }
  const found = placed.map(({ kind }, i) => outline(kind, densities[i]!, width, height))
  return { image: { width, height, bits: 12, data }, lesions: found, label: labelOf(lesions) }
}

/** The label that a phantom's lesions stand for; the worst one counts. */
function labelOf(lesions: readonly LesionKind[]): Label {
  if (lesions.includes('ground-glass')) return 'covid19'
  if (lesions.includes('consolidation')) return 'pneumonia'
  return lesions.includes('nodule') ? 'other_disease' : 'normal'
}

/** An ellipse in shares of the image: centre and radii. */
type Ellipse = { readonly u: number; readonly v: number; readonly ru: number; readonly rv: number }

/** Grey level 0–1 of the healthy chest, and how far a point lies in the lungs, 0–1. */
function drawAnatomy(random: () => number): (u: number, v: number) => { level: number; lung: number } {
  const around = (value: number, spread: number) => value + (random() - 0.5) * spread
  const middle = around(0.5, 0.03)
  const rightLung = {
    u: middle - 0.19,
    v: around(0.43, 0.03),
    ru: around(0.17, 0.02),
    rv: around(0.33, 0.03),
  }
  const leftLung = { u: middle + 0.19, v: rightLung.v, ru: around(0.175, 0.02), rv: around(0.34, 0.03) }
  const heart = { u: middle + 0.06, v: around(0.62, 0.03), ru: around(0.14, 0.03), rv: 0.17 }
  const body = { u: middle, v: 0.7, ru: around(0.6, 0.04), rv: 0.85 }
  const ribs = around(0.075, 0.006)
  const ribPhase = random()
  const exposure = around(1, 0.15)
  return (u, v) => {
    const tissue = inside(u, v, body, 0.3)
    const heartShare = inside(u, v, heart, 0.5)
    const lungs = Math.max(inside(u, v, rightLung, 0.6), inside(u, v, leftLung, 0.6))
    const lung = lungs * (1 - 0.85 * heartShare)
    // Ribs bow downwards to the sides; the triangle wave keeps the sum free of sines.
    const bowed = v + 1.2 * (u - middle) * (u - middle)
    const phase = bowed / ribs + ribPhase - Math.floor(bowed / ribs + ribPhase)
    const rib =
      step((0.34 - Math.abs(phase - 0.5)) / 0.12) * inside(u, v, { ...body, ru: body.ru * 0.82 }, 0.1)
    const spine = step((0.09 - Math.abs(u - middle)) / 0.07)
    // Below the diaphragm, towards the middle, the body is thickest.
    const belly = step((v - 0.58) / 0.25) * step((0.5 - Math.abs(u - middle)) / 0.35)
    const level =
      tissue * (0.42 - 0.26 * lung + 0.14 * heartShare + 0.06 * rib + 0.12 * spine + 0.26 * belly) + 0.03
    return { level: level * exposure, lung }
  }
}

type Placed = Ellipse & { readonly kind: LesionKind; readonly contrast: number }

function placeLesions(kind: LesionKind, random: () => number): Placed[] {
  const side = random() < 0.5 ? -1 : 1
  const at = (sign: number, out: number, v: number, radius: number, contrast: number): Placed => ({
    kind,
    u: 0.5 + sign * out,
    v,
    ru: radius,
    rv: radius * (0.8 + 0.5 * random()),
    contrast,
  })
  if (kind === 'nodule') return [at(side, 0.15 + 0.08 * random(), 0.28 + 0.25 * random(), 0.035, 0.32)]
  if (kind === 'consolidation') return [at(side, 0.16 + 0.06 * random(), 0.45 + 0.15 * random(), 0.09, 0.3)]
  return [-1, -1, 1, 1].map((sign, i) =>
    at(sign, 0.2 + 0.06 * random(), (i % 2 ? 0.55 : 0.35) + 0.08 * random(), 0.06, 0.2),
  )
}

function outline(kind: LesionKind, density: Float64Array, width: number, height: number): Lesion {
  const half = density.reduce((most, value) => Math.max(most, value), 0) / 2
  const mask = new Uint8Array(width * height)
  let [left, top, right, bottom] = [width, height, 0, 0]
  for (let i = 0; i < mask.length; i++) {
    if (density[i]! < half || density[i] === 0) continue
    mask[i] = 1
    const x = i % width
    const y = Math.floor(i / width)
    left = Math.min(left, x)
    top = Math.min(top, y)
    right = Math.max(right, x + 1)
    bottom = Math.max(bottom, y + 1)
  }
  return {
    kind,
    mask,
    box: { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) },
  }
}

/** 1 inside an ellipse, 0 outside, smooth over a rim of `softness` (share of the radius) inside it. */
function inside(u: number, v: number, { u: cu, v: cv, ru, rv }: Ellipse, softness: number): number {
  const du = (u - cu) / ru
  const dv = (v - cv) / rv
  return step((1 - (du * du + dv * dv)) / softness)
}

/** 1 in the middle of an ellipse, falling smoothly to 0 at 1.5 radii. */
function bump(u: number, v: number, { u: cu, v: cv, ru, rv }: Ellipse): number {
  const du = (u - cu) / ru
  const dv = (v - cv) / rv
  return step(1 - (du * du + dv * dv) / 2.25)
}

/** Smooth step from 0 at t ≤ 0 to 1 at t ≥ 1. */
function step(t: number): number {
  const s = Math.min(1, Math.max(0, t))
  return s * s * (3 - 2 * s)
}
