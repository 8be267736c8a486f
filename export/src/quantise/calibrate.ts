import type { Int8Calibration } from '@detl/core/model/int8-calibration'
import type { Calibration } from '@detl/core/model/precision'
import { measuring } from './measure.ts'
import { OnnxModel } from './onnx-model.ts'
import type { Plan } from './plan.ts'
import { planOf } from './plan-of.ts'
import { entropyThreshold, Histogram, type Range } from './ranges.ts'
import { rewrite } from './rewrite.ts'

/** Digits that are kept of a measured number: a float32 has no more. */
const DIGITS = 7
/** Images that biases are corrected by: a mean needs fewer than a range. */
const SHIFT_IMAGES = 64

/**
 * Measures over images what a model in 8-bit integers is made of.
 * @param images UINT8 tensors of one row each, as the model takes them; their sizes are checked by the model
 * @param method `minmax`: from the smallest to the largest. `entropy`: values of 0 or more are clipped where that loses least; the others as `minmax`
 */
export async function calibrate(
  onnx: Uint8Array,
  images: readonly Uint8Array[],
  method: Calibration,
): Promise<Int8Calibration> {
  const plan = planOf(new OnnxModel(onnx))
  const measured = await rangesOf(onnx, plan.measured, images, method)
  const ranges = Object.fromEntries(
    [...measured].map(([name, { min, max }]): [string, [number, number]] => [
      name,
      [rounded(min), rounded(max)],
    ]),
  )
  const uncorrected: Int8Calibration = { schema: 1, method, images: images.length, ranges, shifts: {} }
  return { ...uncorrected, shifts: await shiftsOf(onnx, plan, uncorrected, images) }
}

const rounded = (value: number): number => Number(value.toPrecision(DIGITS))

/** The range of each named value of a model over images. */
async function rangesOf(
  onnx: Uint8Array,
  values: readonly string[],
  images: readonly Uint8Array[],
  method: Calibration,
): Promise<Map<string, Range>> {
  const { each, release } = await measuring(onnx, values, images)
  try {
    const ranges = new Map<string, Range>()
    await each((name, data) => {
      let { min, max } = ranges.get(name) ?? { min: 0, max: 0 }
      for (const value of data) {
        if (value < min) min = value
        if (value > max) max = value
      }
      ranges.set(name, { min, max })
    })
    if (method === 'minmax') return ranges
    const histograms = new Map(
      [...ranges].flatMap(([name, { min, max }]) =>
        min === 0 && max > 0 ? [[name, new Histogram(max)]] : [],
      ),
    )
    await each((name, data) => histograms.get(name)?.add(data))
    for (const [name, histogram] of histograms) ranges.set(name, { min: 0, max: entropyThreshold(histogram) })
    return ranges
  } finally {
    await release()
  }
}

/**
 * How far 8-bit integers move each layer's output in the mean over images and places, by channel (bias correction, Nagel et al. 2019, section 4.2): rounding is
 * not even, and what it shifts adds up from layer to layer. So the layers are taken in their order, each with those before it corrected.
 */
async function shiftsOf(
  onnx: Uint8Array,
  plan: Plan,
  uncorrected: Int8Calibration,
  images: readonly Uint8Array[],
): Promise<Int8Calibration['shifts']> {
  const some = evenly(images, SHIFT_IMAGES)
  const wanted = await meansOf(onnx, plan.corrected, some)
  const shifts: Record<string, number[]> = {}
  for (const output of plan.corrected) {
    const found = await meansOf(apart(onnx, { ...uncorrected, shifts }), [output], some)
    shifts[output] = wanted.get(output)!.map((mean, c) => rounded(mean - found.get(output)![c]!))
  }
  return shifts
}

/** The model in 8-bit integers with every activation apart from its layer, so that what the layer gives can be read. */
function apart(onnx: Uint8Array, calibration: Int8Calibration): Uint8Array {
  const model = new OnnxModel(onnx)
  const plan = planOf(model)
  const nodes = plan.nodes.map((one) => ({ ...one, activation: undefined }))
  rewrite(model, { ...plan, nodes }, calibration)
  return model.write()
}

const evenly = <T>(all: readonly T[], most: number): T[] =>
  all.length <= most
    ? [...all]
    : Array.from({ length: most }, (_, i) => all[Math.floor((i * all.length) / most)]!)

/** Means by channel, over images and places. */
async function meansOf(
  onnx: Uint8Array,
  values: readonly string[],
  images: readonly Uint8Array[],
): Promise<Map<string, number[]>> {
  const { each, release } = await measuring(onnx, values, images)
  try {
    const means = new Map<string, number[]>()
    await each((name, data, [, channels = 1]) => {
      const places = data.length / channels
      const sums = means.get(name) ?? new Array<number>(channels).fill(0)
      for (let c = 0; c < channels; c++) {
        let sum = 0
        for (let i = c * places; i < (c + 1) * places; i++) sum += data[i]!
        sums[c]! += sum / places / images.length
      }
      means.set(name, sums)
    })
    return means
  } finally {
    await release()
  }
}
