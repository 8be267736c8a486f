import type { Geometry } from '@detl/core/preprocess/preprocessed'
import type { RegionMasks } from './region-masks.ts'

/** What a stage of training sees: pixels by reference, a class and a weight for each image. */
export type LabelledImages = {
  size: number
  classes: number
  /** [M,S,S], of the whole cache */
  pixels: Uint8Array
  placed: readonly Geometry['placed'][]
  /** Into `pixels` and `placed`, one per image of this set. */
  indices: Int32Array
  /** 0 … classes − 1; of multi-label images the number of their combination of classes, which only tells them apart */
  labels: Int32Array
  /** [N,classes] of 0 and 1, of multi-label images. */
  targets?: Float32Array
  /** Of the loss; mean 1. */
  weights: Float32Array
  /** Where the evidence lies, for the images of which it is known: `regions.ts`. */
  regions?: RegionMasks
  /** What the radiologist's report names beside the class, for the images of which it is known. */
  findings?: Findings
}

/** Multi-label targets: [N,count] of 0 and 1, and for each image whether they are known (1) or not (0). */
export type Findings = { names: readonly string[]; targets: Float32Array; known: Float32Array }

/** One batch of fixed size: plans of the native kernels are compiled per shape. The buffers are reused by the next. */
export type Batch = {
  /** [B,S,S,1]: standardised in training, 0 … 1 in evaluation */
  x: Float32Array
  labels: Int32Array
  /** [B,classes], of multi-label images */
  targets: Float32Array | undefined
  weights: Float32Array
  /** [B,h,w], share of each map cell's surroundings that is region, and [B], how much each image's region counts */
  regions: { cells: Float32Array; weights: Float32Array } | undefined
  /** [B,count] and [B] */
  findings: { targets: Float32Array; known: Float32Array } | undefined
  /** Images that count; the rest of the batch repeats the last one, with weight 0. */
  count: number
}

/** Some of the images of a set, in the order of `places`, without their regions and findings. */
export const subset = (set: LabelledImages, places: readonly number[]): LabelledImages => ({
  size: set.size,
  classes: set.classes,
  pixels: set.pixels,
  placed: set.placed,
  indices: Int32Array.from(places, (i) => set.indices[i]!),
  labels: Int32Array.from(places, (i) => set.labels[i]!),
  weights: Float32Array.from(places, (i) => set.weights[i]!),
  ...(set.targets && { targets: rowsOf(set.targets, places, set.classes) }),
})

const rowsOf = (values: Float32Array, places: readonly number[], columns: number): Float32Array => {
  const out = new Float32Array(places.length * columns)
  for (const [to, i] of places.entries())
    out.set(values.subarray(i * columns, (i + 1) * columns), to * columns)
  return out
}
