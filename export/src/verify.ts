import { readFileSync } from 'node:fs'
import { fromBinary } from '@bufbuild/protobuf'
import { uniform } from '@detl/core/base/random'
import { cast, type Tensor, tensor, transpose } from '@tensorflow/tfjs-core'
import { ModelProtoSchema, TensorProto_DataType } from 'onnx-buf'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { convert, PASSES } from './convert.ts'
import { ConvertError } from './errors.ts'
import { toFirst } from './pieces/layout.ts'
import { readModel } from './read-path.ts'
import { type Backend, type Reference, referenceOf, useBackend } from './reference.ts'

export interface VerifyOptions {
  /** Random inputs beside the edge cases; default 8. */
  readonly inputs?: number
  /**
   * Largest difference, relative to the larger of 1 and the output's largest value. Default 1e-4; 1e-2 where the file stores
   * weights in half precision, which alone moves scores by some 1e-3; 0.1 where it computes with 8-bit integers: the inputs here are
   * none of the images that it was calibrated on.
   */
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
  readonly tolerance: number
  readonly inputs: number
  readonly outputs: readonly OutputDifference[]
  /** What the reader must know: where tfjs itself is wrong, or could not be asked. */
  readonly notes: readonly string[]
}

const TOLERANCE = { floats: 1e-4, halves: 1e-2, integers: 0.1 } as const

type Fill = (i: number) => number

/** All zeros, all ones, one bright element, and uniform noise in [0,1). */
const fills = (inputs: number, seed: number): Fill[] => {
  const rng = uniform(seed)
  return [() => 0, () => 1, (i) => (i === 7 ? 1 : 0), ...Array.from({ length: inputs }, () => () => rng())]
}

/** Size of an input whose free axes are set: one image, and where a spatial size is free the file's own, or 32. */
const fixed = (shape: readonly (number | null)[], info: InferenceSession.ValueMetadata): number[] => {
  const own = info.isTensor ? info.shape : []
  const channels = shape.at(-1)
  const first = own[1] === channels && own.at(-1) !== channels
  return shape.map((d, i) => {
    const size = own[first ? i + 1 : i]
    return d ?? (i === 0 ? 1 : typeof size === 'number' ? size : 32)
  })
}

/** What the file says of itself: the temperature of its probabilities, whether each stands alone, and how weights are stored. */
type FileFacts = {
  readonly temperature: number
  readonly independent: boolean
  readonly storage: 'floats' | 'halves' | 'integers'
}

function readFacts(bytes: Uint8Array, path: string): FileFacts {
  try {
    const { graph, metadataProps } = fromBinary(ModelProtoSchema, bytes)
    const stores = (type: TensorProto_DataType) =>
      graph?.initializer.some(({ dataType }) => dataType === type)
    const text = metadataProps.find(({ key }) => key === 'detl.manifest')?.value
    const manifest = text === undefined ? {} : (JSON.parse(text) as Record<string, unknown>)
    return {
      temperature: Number(manifest.temperature ?? 1),
      independent: manifest.labelling === 'multi',
      storage: stores(TensorProto_DataType.INT8)
        ? 'integers'
        : stores(TensorProto_DataType.FLOAT16)
          ? 'halves'
          : 'floats',
    }
  } catch (cause) {
    throw new ConvertError('verify-failed', `${path} is not an ONNX file`, { cause })
  }
}

/** The same values for both: UINT8 images [N,1,S,S] as a screening model takes them, NCHW, or as they are. */
function feed(
  values: Float32Array,
  shape: readonly number[],
  info: InferenceSession.ValueMetadata,
): { theirs: Tensor; ours: OrtTensor } {
  const rank = shape.length
  if (info.isTensor && info.type === 'uint8') {
    const bytes = Uint8Array.from(values, (x) => Math.round(x * 255))
    const theirs = tensor(
      Float32Array.from(bytes, (x) => x / 255),
      [...shape],
    )
    return { theirs, ours: new OrtTensor('uint8', bytes, [shape[0]!, shape[3]!, shape[1]!, shape[2]!]) }
  }
  const turned =
    info.isTensor && rank > 2 && info.shape[1] === shape[rank - 1] && info.shape[rank - 1] !== shape[rank - 1]
  const x = tensor(values, [...shape])
  const moved = turned ? transpose(x, toFirst(rank)) : x
  if (info.isTensor && info.type === 'int32')
    return {
      theirs: cast(x, 'int32'),
      ours: new OrtTensor('int32', Int32Array.from(moved.dataSync()), moved.shape),
    }
  return { theirs: x, ours: new OrtTensor('float32', Float32Array.from(moved.dataSync()), moved.shape) }
}

/**
 * Probabilities at another temperature: pᵢ^(1/T), scaled to sum 1 for each row of `classes`; of independent classes each with its own
 * opposite, 1 − pᵢ.
 */
function tempered(
  values: ArrayLike<number>,
  classes: number,
  { temperature, independent }: FileFacts,
): ArrayLike<number> {
  if (temperature === 1) return values
  const powers = Float32Array.from(values, (p) => p ** (1 / temperature))
  if (independent) return powers.map((p, i) => p / (p + (1 - values[i]!) ** (1 / temperature)))
  return powers.map((p, i) => {
    const start = i - (i % classes)
    return p / powers.subarray(start, start + classes).reduce((a, b) => a + b, 0)
  })
}

class Differences {
  readonly #worst = new Map<string, { absolute: number; largest: number }>()

  add(name: string, got: ArrayLike<number>, expected: ArrayLike<number>): void {
    const entry = this.#worst.get(name) ?? { absolute: 0, largest: 0 }
    if (got.length !== expected.length)
      throw new ConvertError(
        'verify-failed',
        `${name} has ${got.length} values, tfjs gives ${expected.length}`,
      )
    for (let i = 0; i < got.length; i++) {
      const [a, b] = [got[i]!, expected[i]!]
      const difference = Object.is(a, b) ? 0 : Math.abs(a - b)
      // NaN on one side only must not pass.
      entry.absolute = Math.max(
        entry.absolute,
        Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference,
      )
      entry.largest = Math.max(entry.largest, Math.abs(b))
    }
    this.#worst.set(name, entry)
  }

  report(tolerance: number): Pick<VerifyReport, 'agrees' | 'outputs'> {
    const outputs = [...this.#worst].map(([name, { absolute, largest }]) => ({
      name,
      absolute,
      relative: largest > 0 ? absolute / largest : absolute,
    }))
    const agrees = [...this.#worst.values()].every(
      ({ absolute, largest }) => absolute <= tolerance * Math.max(1, largest),
    )
    return { agrees, outputs }
  }
}

async function open(path: string): Promise<{ session: InferenceSession; bytes: Uint8Array }> {
  try {
    // By its path: a file of weights may lie beside it.
    const session = await InferenceSession.create(path, { logSeverityLevel: 3 })
    return { bytes: readFileSync(path), session }
  } catch (cause) {
    throw new ConvertError('verify-failed', `${path} cannot be run: ${(cause as Error).message}`, { cause })
  }
}

/**
 * Runs a tfjs model and its ONNX file on the same inputs and compares every output that both have. Of a screening artefact
 * (UINT8 `image`) the probabilities are compared, at its temperature.
 *
 * tfjs runs on its WebAssembly backend; where that has not an operation, or the result differs, its JavaScript one decides.
 * @throws ConvertError where either cannot be run, or they have no output in common
 */
export async function verify(
  modelPath: string,
  onnxPath: string,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const { session, bytes } = await open(onnxPath)
  const backend = await useBackend('cpu')
  try {
    const facts = readFacts(bytes, onnxPath)
    const source = readModel(modelPath)
    const compareOn = async (backend: Backend) => {
      const reference = await referenceOf(modelPath, source, backend, (source) =>
        convert(source, { without: PASSES }),
      )
      try {
        return await compare(reference, session, facts, options)
      } finally {
        await reference.close()
      }
    }
    const fast = await compareOn('wasm').catch((error: unknown) => {
      if (error instanceof ConvertError) throw error
      return undefined
    })
    return fast?.agrees ? fast : await compareOn('cpu')
  } finally {
    await useBackend(backend)
    await session.release()
  }
}

/** The name under which a file gives an output of the model. */
const keyOf = (outputs: InferenceSession.OnnxValueMapType, name: string, index: number): string | undefined =>
  [`${name}_output`, name, ...(index === 0 ? ['probabilities'] : [])].find((key) => outputs[key])

async function compare(
  reference: Reference,
  session: InferenceSession,
  facts: FileFacts,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const tolerance = options.tolerance ?? TOLERANCE[facts.storage]
  const differences = new Differences()
  const cases = fills(options.inputs ?? 8, options.seed ?? 1)
  let compared = 0
  for (const fill of cases) {
    const feeds: Record<string, OrtTensor> = {}
    const given = reference.inputs.map((input, at) => {
      const shape = fixed(input.shape, session.inputMetadata[at]!)
      const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => fill(i))
      const { theirs, ours } = feed(values, shape, session.inputMetadata[at]!)
      feeds[session.inputNames[at]!] = ours
      return theirs
    })
    const expected = await reference.predict(given)
    const got = await session.run(feeds)
    for (const [i, name] of reference.outputNames.entries()) {
      const key = keyOf(got, name, i)
      if (key === undefined) continue
      compared++
      const { data, shape } = expected[i]!
      const wanted = key === 'probabilities' && key !== name ? tempered(data, shape.at(-1)!, facts) : data
      differences.add(key, got[key]!.data as Float32Array, wanted)
    }
    for (const x of given) x.dispose()
  }
  if (compared === 0)
    throw new ConvertError(
      'verify-failed',
      `no output in common: the file has ${session.outputNames.join(', ')}, the model ${reference.outputNames.join(', ')}`,
    )
  return { ...differences.report(tolerance), tolerance, inputs: cases.length, notes: reference.notes }
}
