import { readFileSync } from 'node:fs'
import { cast, ready, setBackend, type Tensor, tensor, transpose } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { loadLayersModel } from '@tensorflow/tfjs-layers'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { ConvertError } from './errors.ts'
import { readForTfjs } from './layers/handler.ts'

export interface VerifyOptions {
  /** Random inputs beside the edge cases; default 8. */
  readonly inputs?: number
  /** Largest difference, relative to the larger of 1 and the output's largest value; default 1e-4. */
  readonly tolerance?: number
  readonly seed?: number
}

export interface OutputDifference {
  readonly name: string
  readonly absolute: number
  /** absolute ÷ the output's largest magnitude */
  readonly relative: number
}

export interface VerifyReport {
  readonly agrees: boolean
  readonly inputs: number
  readonly outputs: readonly OutputDifference[]
}

/** mulberry32 */
function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

type Fill = (i: number) => number

/** All zeros, all ones, one bright element, and uniform noise in [0,1). */
const fills = (inputs: number, seed: number): Fill[] => {
  const rng = random(seed)
  return [() => 0, () => 1, (i) => (i === 7 ? 1 : 0), ...Array.from({ length: inputs }, () => () => rng())]
}

/** Size of an input whose free axes are set: one image, and 32 where a spatial size is free. */
const fixed = (shape: readonly (number | null)[]): number[] => shape.map((d, i) => d ?? (i === 0 ? 1 : 32))

/**
 * Runs a tfjs model and its ONNX file on the same inputs and compares every output that both have.
 * An input of type UINT8 `image` [N,1,S,S] (the screening artefact) is given 8-bit values, and tfjs the same ÷ 255.
 * @throws ConvertError where either cannot be run
 */
export async function verify(
  modelPath: string,
  onnxPath: string,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const { inputs = 8, tolerance = 1e-4, seed = 1 } = options
  await setBackend('cpu')
  await ready()
  const model = await loadLayersModel(readForTfjs(modelPath))
  const session = await InferenceSession.create(readFileSync(onnxPath)).catch((cause: unknown) => {
    throw new ConvertError('verify-failed', `${onnxPath} cannot be run: ${(cause as Error).message}`, {
      cause,
    })
  })
  const worst = new Map<string, { absolute: number; largest: number }>()
  const cases = fills(inputs, seed)
  for (const fill of cases) {
    const feeds: Record<string, OrtTensor> = {}
    const given = model.inputs.map((input, at) => {
      const shape = fixed(input.shape)
      const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => fill(i))
      const name = session.inputNames[at]!
      const info = session.inputMetadata[at]!
      if (info.isTensor && info.type === 'uint8') {
        const bytes = Uint8Array.from(values, (x) => Math.round(x * 255))
        feeds[name] = new OrtTensor('uint8', bytes, [shape[0]!, shape[3]!, shape[1]!, shape[2]!])
        return tensor(
          Float32Array.from(bytes, (x) => x / 255),
          shape,
        )
      }
      const rank = shape.length
      const nchw =
        info.isTensor &&
        rank > 2 &&
        info.shape[1] === shape[rank - 1] &&
        info.shape[rank - 1] !== shape[rank - 1]
      const x = tensor(values, shape)
      const last = nchw ? transpose(x, [0, rank - 1, ...shape.slice(1, -1).map((_, i) => i + 1)]) : x
      const type = info.isTensor && info.type === 'int32' ? 'int32' : 'float32'
      const data = type === 'int32' ? Int32Array.from(last.dataSync()) : Float32Array.from(last.dataSync())
      feeds[name] = new OrtTensor(type, data, last.shape)
      return type === 'int32' ? cast(x, 'int32') : x
    })
    const expected = [model.predict(given)].flat() as Tensor[]
    const got = await session.run(feeds)
    model.outputNames.forEach((name, i) => {
      const theirs = expected[i]!.dataSync()
      const key = got[name] ? name : i === 0 && got.probabilities ? 'probabilities' : undefined
      if (key) compare(key, got[key]!.data as Float32Array, theirs, worst)
    })
  }
  if (worst.size === 0)
    throw new ConvertError(
      'verify-failed',
      `no output in common: ${onnxPath} has ${session.outputNames.join(', ')}, the model ${model.outputNames.join(', ')}`,
    )
  const outputs = [...worst].map(([name, { absolute, largest }]) => ({
    name,
    absolute,
    relative: largest > 0 ? absolute / largest : absolute,
  }))
  const agrees = [...worst.values()].every(
    ({ absolute, largest }) => absolute <= tolerance * Math.max(1, largest),
  )
  return { agrees, inputs: cases.length, outputs }
}

function compare(
  name: string,
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  worst: Map<string, { absolute: number; largest: number }>,
): void {
  const entry = worst.get(name) ?? { absolute: 0, largest: 0 }
  if (got.length !== expected.length)
    throw new ConvertError('verify-failed', `${name} has ${got.length} values, tfjs gives ${expected.length}`)
  for (let i = 0; i < got.length; i++) {
    const difference = Math.abs(got[i]! - expected[i]!)
    // NaN on one side only must not pass.
    if (Number.isNaN(got[i]!) !== Number.isNaN(expected[i]!)) entry.absolute = Number.POSITIVE_INFINITY
    else if (difference > entry.absolute) entry.absolute = difference
    entry.largest = Math.max(entry.largest, Math.abs(expected[i]!))
  }
  worst.set(name, entry)
}
