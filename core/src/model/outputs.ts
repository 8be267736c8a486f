import { AppError } from '../api/problem.ts'
import type { ActivationMap } from '../cam/resize-map.ts'
import type { LungOutlines } from '../lungs/outlines.ts'
import { type Regions, type RegionsSpec, regionsOf } from '../lungs/regions.ts'
import type { Severity } from '../lungs/severity.ts'
import { float32Values, type WireTensor } from '../wire/tensor.ts'
import type { Label } from './labels.ts'
import type { Manifest } from './manifest.ts'
import { OUTPUTS } from './tensor-names.ts'

/** What a screening asks a model for, of one image. */
export type ModelOutputs = {
  /** [C] */
  readonly probabilities: Float32Array
  /** [C,h,w] */
  readonly cam: Float32Array
  /** Absent where the model does not measure it. */
  readonly oodScore?: number | undefined
  /** [3,h,w]; absent where the model outlines no lungs. */
  readonly regions?: Float32Array | undefined
}

/** What the model says of one image. */
export type Scores = {
  readonly probabilities: Readonly<Record<Label, number>>
  /** The class of the highest probability. */
  readonly label: Label
  /** Raw Grad-CAM of each class. */
  readonly maps: Readonly<Record<Label, ActivationMap>>
  /** Whether the image is unlike those that the model was trained on, by the model's own measure; null where it has none. */
  readonly outOfDistribution: boolean | null
  /** Lungs and opacity; absent where the model outlines none. */
  readonly regions?: Regions
  /** What an answer said of them: where the scores were read from it, and `regions` are not here. */
  readonly severity?: Severity
  /** And where it said that they are. */
  readonly outlines?: LungOutlines
}

/**
 * Names of the outputs that a screening needs of a model: what a caller asks the runtime for.
 * @example await session.run({ image }, outputsOf(manifest))
 */
export const outputsOf = ({
  outOfDistribution,
  regions,
}: Pick<Manifest, 'outOfDistribution' | 'regions'>): string[] => [
  OUTPUTS.probabilities,
  OUTPUTS.cam,
  ...(outOfDistribution ? [OUTPUTS.oodScore] : []),
  ...(regions ? [OUTPUTS.regions] : []),
]

/**
 * A runtime's answer for one image as the outputs of a screening.
 * @param names as `outputsOf` gave them
 * @param valuesOf the values of an output, in any form; undefined where the answer has none of that name
 * @throws AppError upstream-invalid where one is missing or is not FP32
 */
export function collectOutputs(names: readonly string[], valuesOf: (name: string) => unknown): ModelOutputs {
  const values = (name: string): Float32Array => {
    const found = valuesOf(name)
    if (found instanceof Float32Array) return found
    throw new AppError('upstream-invalid', `the model's answer has no FP32 output "${name}"`)
  }
  return {
    probabilities: values(OUTPUTS.probabilities),
    cam: values(OUTPUTS.cam),
    oodScore: names.includes(OUTPUTS.oodScore) ? values(OUTPUTS.oodScore)[0] : undefined,
    regions: names.includes(OUTPUTS.regions) ? values(OUTPUTS.regions) : undefined,
  }
}

/** The same of tensors as they travel (Open Inference Protocol). @throws AppError as `collectOutputs` says */
export const wireOutputs = (names: readonly string[], tensors: readonly WireTensor[]): ModelOutputs =>
  collectOutputs(names, (name) => {
    const tensor = tensors.find((one) => one.name === name)
    return tensor?.datatype === 'FP32' ? float32Values(tensor) : undefined
  })

function checkProbabilities(probabilities: Float32Array, labelling: Manifest['labelling']): void {
  const sum = probabilities.reduce((total, p) => total + p, 0)
  if (labelling === 'single' && !(Math.abs(sum - 1) < 1e-3))
    throw new AppError('upstream-invalid', `probabilities sum to ${sum}; expected 1`)
  const odd = probabilities.find((p) => !(p >= 0 && p <= 1))
  if (labelling === 'multi' && odd !== undefined)
    throw new AppError('upstream-invalid', `a probability is ${odd}; expected 0 to 1`)
}

/**
 * The model's outputs for one image as scores by name.
 * @throws AppError upstream-invalid when a length or a value is not what the manifest promises
 */
export function readScores(
  {
    labels,
    labelling,
    cam: { width, height },
    outOfDistribution,
    regions: spec,
  }: Pick<Manifest, 'cam' | 'labels' | 'labelling' | 'outOfDistribution' | 'regions'>,
  { probabilities, cam, oodScore, regions }: ModelOutputs,
): Scores {
  const cells = width * height
  if (probabilities.length !== labels.length || cam.length !== labels.length * cells) {
    throw new AppError(
      'upstream-invalid',
      `${probabilities.length} probabilities and ${cam.length} map cells; expected ${labels.length} and ${labels.length * cells}`,
    )
  }
  checkProbabilities(probabilities, labelling)
  if (outOfDistribution && !Number.isFinite(oodScore))
    throw new AppError('upstream-invalid', `${OUTPUTS.oodScore} is ${oodScore}; expected a distance`)
  const best = probabilities.indexOf(Math.max(...probabilities))
  const byLabel = <T>(value: (index: number) => T) =>
    Object.fromEntries(labels.map((label, index) => [label, value(index)]))
  return {
    probabilities: byLabel((index) => probabilities[index]!),
    label: labels[best]!,
    maps: byLabel((index) => ({ width, height, data: cam.subarray(index * cells, (index + 1) * cells) })),
    outOfDistribution: outOfDistribution && oodScore! > outOfDistribution.threshold,
    ...(spec && { regions: checkedRegions(spec, regions) }),
  }
}

function checkedRegions(spec: RegionsSpec, values: Float32Array | undefined): Regions {
  try {
    return regionsOf(spec, values ?? new Float32Array())
  } catch (cause) {
    throw new AppError('upstream-invalid', `${OUTPUTS.regions}: ${(cause as Error).message}`, { cause })
  }
}
