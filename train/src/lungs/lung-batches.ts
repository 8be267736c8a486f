import type { AugmentConfig } from '../config.ts'
import { augment, weakened } from '../data/augment.ts'
import { INPUT_SCALE } from '../model/input.ts'
import { type Rng, rngOf, shuffled } from '../rng.ts'
import type { LungImage } from './lung-image.ts'
import { LUNG_SIZE, PLANES } from './net.ts'
import { halved, mirrored } from './planes.ts'

const S = LUNG_SIZE
const CELLS = S / 2

/** One batch: x [B,S,S,1] in 0 … 1; targets and weights [B,S/2,S/2,3]. The buffers are used again by the next. */
export type LungBatch = {
  readonly x: Float32Array
  readonly targets: Float32Array
  readonly weights: Float32Array
}

/** How much a cell of the plane `opacity` counts, by what is known of the image. */
const OPACITY_WEIGHT = { inLung: 2, outside: 0.25, clear: 0.5, boxed: 0.3, soft: 0.5 }
/** A radiologist's box is opaque for the most part. */
const BOXED = 0.7
/** Of an epoch, images without an outline are this many of each kind. */
const WEAK = 64
const SOFT = 384
/** How much the lungs count that another network outlined. */
const SOFT_LUNGS = 0.5

export const LUNG_AUGMENT: AugmentConfig = {
  rotation: 10,
  scaling: 0.15,
  mirroring: 0,
  shift: 0.06,
  reframe: 0.3,
  reframeKeep: 0.8,
  gamma: 0.35,
  contrast: 0.2,
  brightness: 0.1,
  blur: 0.2,
  blurTo: 0.5,
  noise: 0.3,
  noiseMax: 8,
  marks: 0.3,
}

/**
 * One epoch in random order: all images with an outline, and some of those without. Each changed at random, by (seed, epoch, image).
 * @param strength 0 … 1, of the changes
 */
export function* lungBatches(
  images: readonly LungImage[],
  { batchSize, seed, epoch, strength }: { batchSize: number; seed: number; epoch: number; strength: number },
): Generator<LungBatch> {
  const change = weakened(LUNG_AUGMENT, strength)
  const order = orderOf(images, seed, epoch)
  const batch = {
    x: new Float32Array(batchSize * S * S),
    targets: new Float32Array(batchSize * CELLS * CELLS * PLANES.length),
    weights: new Float32Array(batchSize * CELLS * CELLS * PLANES.length),
  }
  for (let start = 0; start + batchSize <= order.length; start += batchSize) {
    for (let b = 0; b < batchSize; b++) {
      const i = order[start + b]!
      fill(batch, b, images[i]!, change, rngOf(seed, 'lungs', epoch, i))
    }
    yield batch
  }
}

/** How many batches an epoch has. */
export const batchesPerEpoch = (images: readonly LungImage[], batchSize: number): number =>
  Math.floor(orderOf(images, 0, 0).length / batchSize)

function orderOf(images: readonly LungImage[], seed: number, epoch: number): number[] {
  const of = (kind: LungImage['kind']) => [...images.keys()].filter((i) => images[i]!.kind === kind)
  const some = (kind: LungImage['kind']) => shuffled(of(kind), rngOf(seed, kind, epoch)).slice(0, WEAK)
  const softs = shuffled(of('soft'), rngOf(seed, 'soft', epoch)).slice(0, SOFT)
  return shuffled(
    [...of('outlined'), ...some('clear'), ...some('boxed'), ...softs],
    rngOf(seed, 'order', epoch),
  )
}

const EMPTY = new Uint8Array(S * S)

function fill(batch: LungBatch, b: number, image: LungImage, change: AugmentConfig, rng: Rng): void {
  const mirror = rng() < 0.5
  const turn = (plane: Uint8Array) => (mirror ? mirrored(plane, S) : plane)
  const { placed, lungs, opacity, kind } = image
  const sides = lungs && (mirror ? [lungs.right, lungs.left] : [lungs.left, lungs.right])
  const regions = [sides?.[0], sides?.[1], opacity].map((plane) => ({
    src: plane ? turn(plane.length < S * S ? enlarged(plane) : plane) : EMPTY,
    out: new Uint8Array(S * S),
  }))
  const at = mirror ? { ...placed, x: S - placed.x - placed.width } : placed
  const pixels = new Uint8Array(S * S)
  augment(turn(image.pixels), S, at, change, rng, pixels, regions)
  for (let p = 0; p < pixels.length; p++) batch.x[b * S * S + p] = pixels[p]! * INPUT_SCALE
  const [left, right, opaque] = regions.map(({ out }) => halved(out)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ]
  for (let cell = 0; cell < CELLS * CELLS; cell++) {
    const k = (b * CELLS * CELLS + cell) * PLANES.length
    batch.targets[k] = left[cell]!
    batch.targets[k + 1] = right[cell]!
    batch.targets[k + 2] = kind === 'boxed' ? BOXED * opaque[cell]! : opaque[cell]!
    batch.weights[k] = batch.weights[k + 1] = lungs ? (kind === 'soft' ? SOFT_LUNGS : 1) : 0
    const inLung = lungs ? left[cell]! + right[cell]! : 1
    batch.weights[k + 2] = opacity ? opacityWeight(kind, inLung, opaque[cell]!) : 0
  }
}

function opacityWeight(kind: LungImage['kind'], inLung: number, opaque: number): number {
  if (kind === 'clear') return OPACITY_WEIGHT.clear
  if (kind === 'soft') return OPACITY_WEIGHT.soft * Math.min(1, inLung)
  if (kind === 'boxed') return OPACITY_WEIGHT.boxed * opaque
  const { inLung: inside, outside } = OPACITY_WEIGHT
  return outside + (inside - outside) * Math.min(1, inLung)
}

/** A plane of half the size. */
function enlarged(plane: Uint8Array): Uint8Array {
  const out = new Uint8Array(S * S)
  for (let y = 0; y < S; y++) for (let x = 0; x < S; x++) out[y * S + x] = plane[(y >> 1) * CELLS + (x >> 1)]!
  return out
}
