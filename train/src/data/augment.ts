import type { Geometry } from '@detl/core/preprocess/preprocessed'
import type { AugmentConfig } from '../config.ts'
import { gaussian, type Rng } from '../rng.ts'

export const NO_AUGMENTATION: AugmentConfig = {
  rotation: 0,
  scaling: 0,
  mirroring: 0,
  shift: 0,
  reframe: 0,
  reframeKeep: 1,
  gamma: 0,
  contrast: 0,
  brightness: 0,
  blur: 0,
  blurTo: 1,
  noise: 0,
  noiseMax: 0,
  marks: 0,
}

/** The same changes, weaker: chances and ranges times `strength`. */
export function weakened(c: AugmentConfig, strength: number): AugmentConfig {
  const out = { ...c, reframeKeep: 1 - (1 - c.reframeKeep) * strength, blurTo: 1 - (1 - c.blurTo) * strength }
  for (const key of Object.keys(c) as (keyof AugmentConfig)[]) {
    if (key !== 'reframeKeep' && key !== 'blurTo' && key !== 'mirroring') out[key] = c[key] * strength
  }
  return out
}

const PAD = 0 // the preprocess specification's padLevel
const between = (rng: Rng, low: number, high: number): number => low + (high - low) * rng()

/** A region of an image, 0 or 255, that is moved as the image is. Both [S,S]; `out` is overwritten. */
export type RegionPair = { src: Uint8Array; out: Uint8Array }

/**
 * A random variant of one preprocessed image.
 * @param src [S,S]
 * @param out [S,S], overwritten
 */
export function augment(
  src: Uint8Array,
  size: number,
  placed: Geometry['placed'],
  config: AugmentConfig,
  rng: Rng,
  out: Uint8Array,
  regions: readonly RegionPair[] = [],
): void {
  const change = drawWarp(size, placed, config, rng)
  warp([{ src, out }, ...regions], size, placed, change)
  const { target } = change
  if (config.marks > 0 && rng() < config.marks) drawMarks(out, size, target, rng)
  if (config.blur > 0 && rng() < config.blur)
    throughSmaller(out, size, between(rng, Math.min(config.blurTo, 0.9), 0.9))
  levels(out, config, rng)
  if (config.noise > 0 && rng() < config.noise) addNoise(out, between(rng, 0, config.noiseMax), rng)
}

/** Where the picture lands, and the inverse map from tensor to source pixels. */
type Warp = {
  target: Geometry['placed']
  mirror: number
  centreX: number
  centreY: number
  cos: number
  sin: number
}

/** Crop, fit, rotation, scaling, shift and mirroring as one map. */
function drawWarp(size: number, placed: Geometry['placed'], c: AugmentConfig, rng: Rng): Warp {
  let { x, y, width, height } = placed
  if (c.reframe > 0 && rng() < c.reframe) {
    const w = width * between(rng, c.reframeKeep, 1)
    const h = height * between(rng, c.reframeKeep, 1)
    x += (width - w) * rng()
    y += (height - h) * rng()
    width = w
    height = h
  }
  // The crop fills the tensor as preprocessing would place it: aspect kept, centred.
  const fit = size / Math.max(width, height)
  const target = {
    x: Math.round((size - width * fit) / 2),
    y: Math.round((size - height * fit) / 2),
    width: Math.round(width * fit),
    height: Math.round(height * fit),
  }
  const angle = (between(rng, -c.rotation, c.rotation) * Math.PI) / 180
  const zoom = fit * between(rng, 1 - c.scaling, 1 + c.scaling)
  const mirror = rng() < c.mirroring ? -1 : 1
  const centreX = x + width / 2 + (between(rng, -c.shift, c.shift) * size) / fit
  const centreY = y + height / 2 + (between(rng, -c.shift, c.shift) * size) / fit
  const cos = Math.cos(angle) / zoom
  const sin = Math.sin(angle) / zoom
  return { target, mirror, centreX, centreY, cos, sin }
}

/** One bilinear resampling, the same of each plane. */
function warp(planes: readonly RegionPair[], size: number, placed: Geometry['placed'], change: Warp): void {
  const { target, mirror, centreX, centreY, cos, sin } = change
  // Sources outside the picture are clamped to its edge by less than a pixel, and padding beyond.
  const left = placed.x
  const top = placed.y
  const right = placed.x + placed.width - 1
  const bottom = placed.y + placed.height - 1
  for (const { out } of planes) out.fill(PAD)
  for (let v = target.y; v < target.y + target.height; v++) {
    const dy = v + 0.5 - size / 2
    for (let u = target.x; u < target.x + target.width; u++) {
      const dx = mirror * (u + 0.5 - size / 2)
      const sx = centreX + cos * dx + sin * dy - 0.5
      const sy = centreY - sin * dx + cos * dy - 0.5
      if (sx < left - 1 || sy < top - 1 || sx > right + 1 || sy > bottom + 1) continue
      const x0 = Math.max(left, Math.min(right, sx))
      const y0 = Math.max(top, Math.min(bottom, sy))
      const ix = Math.floor(x0)
      const iy = Math.floor(y0)
      const fx = x0 - ix
      const fy = y0 - iy
      const stepX = ix < right ? 1 : 0
      const stepY = iy < bottom ? size : 0
      const i = iy * size + ix
      for (const { src, out } of planes) {
        const upper = src[i]! * (1 - fx) + src[i + stepX]! * fx
        const lower = src[i + stepY]! * (1 - fx) + src[i + stepX + stepY]! * fx
        out[v * size + u] = upper * (1 - fy) + lower * fy + 0.5
      }
    }
  }
}

function drawMarks(out: Uint8Array, size: number, within: Geometry['placed'], rng: Rng): void {
  const count = 1 + Math.floor(rng() * 3)
  for (let m = 0; m < count; m++) {
    const w = Math.round(between(rng, 0.02, 0.15) * size)
    const h = Math.round(between(rng, 0.02, 0.08) * size)
    const alongSide = rng() < 0.5
    // Within an eighth of an edge of the picture, where marks are set.
    const near = () => (rng() < 0.5 ? between(rng, 0, 0.12) : between(rng, 0.88, 1))
    const px = alongSide ? near() : rng()
    const py = alongSide ? rng() : near()
    const x0 = Math.round(within.x + px * (within.width - w))
    const y0 = Math.round(within.y + py * (within.height - h))
    const level = rng() < 0.7 ? 255 - rng() * 40 : rng() * 40
    const gaps = rng() < 0.5 // like letters
    for (let y = Math.max(0, y0); y < Math.min(size, y0 + h); y++) {
      for (let x = Math.max(0, x0); x < Math.min(size, x0 + w); x++) {
        if (!gaps || ((x - x0) >> 1) % 2 === 0) out[y * size + x] = level
      }
    }
  }
}

/** Area reduction to `share` of the size and bilinear enlargement back: what a low-resolution source looks like. */
function throughSmaller(image: Uint8Array, size: number, share: number): void {
  const small = Math.max(8, Math.round(size * share))
  const step = size / small
  const reduced = new Float32Array(small * small)
  for (let y = 0; y < small; y++) {
    const y0 = Math.floor(y * step)
    const y1 = Math.max(y0 + 1, Math.floor((y + 1) * step))
    for (let x = 0; x < small; x++) {
      const x0 = Math.floor(x * step)
      const x1 = Math.max(x0 + 1, Math.floor((x + 1) * step))
      let sum = 0
      for (let v = y0; v < y1; v++) for (let u = x0; u < x1; u++) sum += image[v * size + u]!
      reduced[y * small + x] = sum / ((y1 - y0) * (x1 - x0))
    }
  }
  for (let v = 0; v < size; v++) {
    const y = Math.max(0, Math.min(small - 1, (v + 0.5) / step - 0.5))
    const iy = Math.min(small - 2, Math.floor(y))
    const fy = y - iy
    for (let u = 0; u < size; u++) {
      const x = Math.max(0, Math.min(small - 1, (u + 0.5) / step - 0.5))
      const ix = Math.min(small - 2, Math.floor(x))
      const fx = x - ix
      const i = iy * small + ix
      const upper = reduced[i]! * (1 - fx) + reduced[i + 1]! * fx
      const lower = reduced[i + small]! * (1 - fx) + reduced[i + small + 1]! * fx
      image[v * size + u] = upper * (1 - fy) + lower * fy + 0.5
    }
  }
}

/** Gamma, contrast and brightness by one table. Padding stays what it is, as after preprocessing. */
function levels(image: Uint8Array, c: AugmentConfig, rng: Rng): void {
  if (c.gamma === 0 && c.contrast === 0 && c.brightness === 0) return
  const gamma = Math.exp(between(rng, -c.gamma, c.gamma))
  const contrast = 1 + between(rng, -c.contrast, c.contrast)
  const offset = 255 * between(rng, -c.brightness, c.brightness)
  const table = new Uint8ClampedArray(256)
  for (let v = 1; v < 256; v++) table[v] = (255 * (v / 255) ** gamma - 128) * contrast + 128 + offset
  table[PAD] = PAD
  for (let i = 0; i < image.length; i++) image[i] = table[image[i]!]!
}

const NOISE_TABLE_BITS = 12
let noiseTable: Float32Array | undefined

function addNoise(image: Uint8Array, deviation: number, rng: Rng): void {
  noiseTable ??= noiseValues()
  const mask = noiseTable.length - 1
  let at = Math.floor(rng() * noiseTable.length)
  for (let i = 0; i < image.length; i++) {
    at = (at + 1 + (i & 1)) & mask
    if (i % 61 === 0) at = Math.floor(rng() * noiseTable.length) // no pattern that repeats from row to row
    const v = image[i]!
    if (v !== PAD) image[i] = Math.max(1, Math.min(255, v + deviation * noiseTable[at]! + 0.5))
  }
}

/** Fixed standard normal values; where they start is what is random. */
function noiseValues(): Float32Array {
  let state = 1
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0 // Numerical Recipes' LCG
    return state / 2 ** 32
  }
  return Float32Array.from({ length: 2 ** NOISE_TABLE_BITS }, () => gaussian(uniform))
}
