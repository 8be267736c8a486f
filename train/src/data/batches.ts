import type { AugmentConfig } from '../config.ts'
import { INPUT_SCALE, standardised } from '../model/input.ts'
import { type Rng, rngOf, shuffled } from '../rng.ts'
import { augment } from './augment.ts'
import type { Batch, LabelledImages } from './images.ts'
import { sampleRegion } from './region-masks.ts'

/**
 * One epoch in random order, each image changed at random. Image i of epoch e looks the same however the run got there:
 * its changes follow from (seed, epoch, index). An incomplete last batch is dropped.
 */
export function* trainingBatches(
  set: LabelledImages,
  options: { batchSize: number; seed: number; epoch: number; augment: AugmentConfig; epochImages?: number },
): Generator<Batch> {
  const { batchSize, seed, epoch, epochImages = 0 } = options
  const order = orderOf(set, epochImages, rngOf(seed, 'order', epoch))
  const batch = emptyBatch(set, batchSize)
  const changed = new Uint8Array(set.size ** 2)
  const { regions } = set
  const moved = new Uint8Array(set.size ** 2)
  for (let start = 0; start + batchSize <= order.length; start += batchSize) {
    for (let b = 0; b < batchSize; b++) {
      const i = order[start + b]!
      const rng = rngOf(seed, 'augment', epoch, epochImages > 0 ? `${i}/${start + b}` : i)
      const mask = regions?.masks[i]
      const region = mask && { src: mask, out: moved }
      const placed = set.placed[set.indices[i]!]!
      augment(pixelsOf(set, i), set.size, placed, options.augment, rng, changed, region && [region])
      if (regions && batch.regions) {
        sampleRegion(region && moved, set.size, regions.grid, b, batch.regions.cells)
        batch.regions.weights[b] = regions.weights[i]!
      }
      fill(batch, b, changed, set.labels[i]!, epochImages > 0 ? 1 : set.weights[i]!, STANDARDISED)
      if (set.targets && batch.targets)
        batch.targets.set(set.targets.subarray(i * set.classes, (i + 1) * set.classes), b * set.classes)
      if (set.findings && batch.findings) {
        const { names, targets, known } = set.findings
        batch.findings.targets.set(
          targets.subarray(i * names.length, (i + 1) * names.length),
          b * names.length,
        )
        batch.findings.known[b] = known[i]!
      }
    }
    batch.count = batchSize
    yield batch
  }
}

/** Every image once, or `count` of them: each as often as its weight says, to the next whole number. */
function orderOf(set: LabelledImages, count: number, rng: Rng): number[] {
  const all = shuffled([...set.labels.keys()], rng)
  if (count === 0) return all
  const step = set.weights.reduce((a, b) => a + b, 0) / count
  const drawn: number[] = []
  let passed = 0
  let next = rng() * step
  for (const i of all) {
    passed += set.weights[i]!
    for (; next < passed && drawn.length < count; next += step) drawn.push(i)
  }
  return shuffled(drawn, rng)
}

/** All images in order, unchanged, as a saved model takes them. */
export function* evaluationBatches(set: LabelledImages, batchSize: number): Generator<Batch> {
  const batch = emptyBatch(set, batchSize)
  for (let start = 0; start < set.labels.length; start += batchSize) {
    batch.count = Math.min(batchSize, set.labels.length - start)
    for (let b = 0; b < batchSize; b++) {
      const i = Math.min(start + b, set.labels.length - 1)
      fill(batch, b, pixelsOf(set, i), set.labels[i]!, b < batch.count ? set.weights[i]! : 0, SCALED)
    }
    yield batch
  }
}

const emptyBatch = (set: LabelledImages, batchSize: number): Batch => ({
  x: new Float32Array(batchSize * set.size ** 2),
  labels: new Int32Array(batchSize),
  targets: set.targets && new Float32Array(batchSize * set.classes),
  weights: new Float32Array(batchSize),
  regions: set.regions && {
    cells: new Float32Array(batchSize * set.regions.grid.cells ** 2),
    weights: new Float32Array(batchSize),
  },
  findings: set.findings && {
    targets: new Float32Array(batchSize * set.findings.names.length),
    known: new Float32Array(batchSize),
  },
  count: 0,
})

function pixelsOf(set: LabelledImages, i: number): Uint8Array {
  const cells = set.size ** 2
  const at = set.indices[i]! * cells
  return set.pixels.subarray(at, at + cells)
}

const SCALED = Float32Array.from({ length: 256 }, (_, v) => v * INPUT_SCALE)
const STANDARDISED = Float32Array.from({ length: 256 }, (_, v) => standardised(v))

function fill(
  batch: Batch,
  b: number,
  image: Uint8Array,
  label: number,
  weight: number,
  table: Float32Array,
): void {
  const at = b * image.length
  for (let p = 0; p < image.length; p++) batch.x[at + p] = table[image[p]!]!
  batch.labels[b] = label
  batch.weights[b] = weight
}
