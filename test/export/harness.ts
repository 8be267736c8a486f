import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConvertOptions, convert } from '@detl/export/convert'
import type { LayersModel as SourceModel } from '@detl/export/layers/model'
import { readModelArtifacts } from '@detl/export/layers/read'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import * as tfl from '@tensorflow/tfjs-layers'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'

/** What `model.save` hands to a save handler. */
export async function artifactsOf(model: tfl.LayersModel): Promise<tf.io.ModelArtifacts> {
  let saved: tf.io.ModelArtifacts | undefined
  await model.save(
    tf.io.withSaveHandler((artifacts) => {
      saved = artifacts
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } })
    }),
  )
  return saved!
}

/** The model as the exporter reads it, by way of tfjs's own serialisation. */
export async function sourceOf(model: tfl.LayersModel): Promise<SourceModel> {
  const artifacts = await artifactsOf(model)
  // Through JSON, as a file would be.
  const modelTopology = JSON.parse(JSON.stringify(artifacts.modelTopology)) as object
  return readModelArtifacts({ ...artifacts, modelTopology } as Parameters<typeof readModelArtifacts>[0])
}

/** Saves a model as model.json with its weights in shards of `shardBytes`, and returns the folder. */
export async function saveToFolder(model: tfl.LayersModel, shardBytes = 4 << 20): Promise<string> {
  const artifacts = await artifactsOf(model)
  const dir = mkdtempSync(join(tmpdir(), 'detl-export-'))
  const data = new Uint8Array(tf.io.CompositeArrayBuffer.join(artifacts.weightData))
  const paths: string[] = []
  for (let at = 0; at < data.length; at += shardBytes) {
    const name = `group1-shard${paths.length + 1}.bin`
    writeFileSync(join(dir, name), data.subarray(at, at + shardBytes))
    paths.push(name)
  }
  const json = {
    format: 'layers-model',
    modelTopology: artifacts.modelTopology,
    weightsManifest: [{ paths, weights: artifacts.weightSpecs }],
  }
  writeFileSync(join(dir, 'model.json'), JSON.stringify(json))
  return dir
}

export const bytesOf = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

export type Outputs = Record<string, { dims: readonly number[]; data: Float32Array }>

/** Runs an ONNX file; inputs in the order of its input names. */
export async function runOnnx(bytes: Uint8Array, inputs: readonly tf.Tensor[]): Promise<Outputs> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 })
  const feeds = Object.fromEntries(
    inputs.map((x, i) => {
      const meta = session.inputMetadata[i]!
      const type = meta.isTensor ? meta.type : 'float32'
      const values = x.dataSync()
      if (type === 'uint8')
        return [session.inputNames[i]!, new OrtTensor('uint8', Uint8Array.from(values), x.shape)]
      if (type === 'bool')
        return [session.inputNames[i]!, new OrtTensor('bool', Uint8Array.from(values), x.shape)]
      if (type === 'int32')
        return [session.inputNames[i]!, new OrtTensor('int32', Int32Array.from(values), x.shape)]
      return [session.inputNames[i]!, new OrtTensor('float32', Float32Array.from(values), x.shape)]
    }),
  )
  const outputs = await session.run(feeds)
  await session.release()
  return Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => [
      name,
      { dims: value.dims, data: Float32Array.from(value.data as Float32Array) },
    ]),
  )
}

/** A model as the exporter reads it, inputs, and what tfjs makes of them. */
export interface Prepared {
  readonly source: SourceModel
  readonly inputs: readonly tf.Tensor[]
  readonly expected: readonly tf.Tensor[]
}

export interface Difference {
  readonly absolute: number
  /** absolute ÷ the largest expected magnitude */
  readonly relative: number
  /** Largest |got − expected| − (atol + rtol·|expected|): at most 0 where all elements are within numpy's allclose. */
  readonly excess: number
}

export function difference(
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  rtol = 1e-4,
  atol = 1e-6,
): Difference {
  if (got.length !== expected.length)
    throw new Error(`${got.length} values where ${expected.length} are expected`)
  let [absolute, largest, excess] = [0, 0, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < got.length; i++) {
    const [a, b] = [got[i]!, expected[i]!]
    const d = a === b ? 0 : Math.abs(a - b)
    // NaN compares false with everything: let it fail.
    if (Number.isNaN(d)) return { absolute: Number.NaN, relative: Number.NaN, excess: Number.NaN }
    absolute = Math.max(absolute, d)
    largest = Math.max(largest, Math.abs(b))
    excess = Math.max(excess, d - (atol + rtol * Math.abs(b)))
  }
  return { absolute, relative: largest > 0 ? absolute / largest : absolute, excess }
}

/** Converts a model, runs it and returns the difference of each output from what is expected. */
export async function compare(
  { source, inputs, expected }: Prepared,
  options: ConvertOptions = {},
): Promise<Difference[]> {
  const outputs = await runOnnx(bytesOf(convert(source, options)), inputs)
  return Object.values(outputs)
    .slice(0, expected.length)
    .map((got, i) => {
      if (got.dims.join() !== expected[i]!.shape.join())
        throw new Error(`shape [${got.dims}] where tfjs has [${expected[i]!.shape}]`)
      return difference(got.data, expected[i]!.dataSync())
    })
}

/** The paper's network: design section 3. */
export function detl12(size: number, seed = 1): tfl.LayersModel {
  const model = tfl.sequential({ name: 'detl12' })
  let row = seed * 100
  const kernelInitializer = () => tfl.initializers.heNormal({ seed: row++ })
  const biasInitializer = () => tfl.initializers.randomNormal({ stddev: 0.05, seed: row++ })
  const common = () => ({ kernelInitializer: kernelInitializer(), biasInitializer: biasInitializer() })
  ;[32, 32, 64, 64, 128, 128].forEach((filters, i) => {
    const inputShape = i === 0 ? { inputShape: [size, size, 1] } : {}
    model.add(
      tfl.layers.conv2d({
        name: `conv${i + 1}`,
        filters,
        kernelSize: 3,
        activation: 'relu',
        ...common(),
        ...inputShape,
      }),
    )
    if (i % 2 === 1) model.add(tfl.layers.maxPooling2d({ name: `pool${(i + 1) / 2}`, poolSize: 2 }))
  })
  model.add(tfl.layers.flatten({ name: 'flatten' }))
  model.add(tfl.layers.dropout({ name: 'dropout1', rate: 0.5 }))
  model.add(tfl.layers.dense({ name: 'dense1', units: 256, activation: 'relu', ...common() }))
  model.add(tfl.layers.dropout({ name: 'dropout2', rate: 0.5 }))
  model.add(tfl.layers.dense({ name: 'dense2', units: 128, activation: 'relu', ...common() }))
  model.add(tfl.layers.dense({ name: 'dense3', units: 4, activation: 'softmax', ...common() }))
  return model
}

/** Applies the layers behind `layer` to its output, the last one without its activation: logits as a function of the maps. */
export function tailOf(model: tfl.LayersModel, layer: string): (maps: tf.Tensor) => tf.Tensor2D {
  const from = model.layers.findIndex((l) => l.name === layer) + 1
  const last = model.layers.at(-1)!
  return (maps) => {
    let x = maps as tf.Tensor
    for (const l of model.layers.slice(from, -1)) x = l.apply(x) as tf.Tensor
    const [kernel, bias] = last.getWeights()
    return tf.add(tf.matMul(x as tf.Tensor2D, kernel as tf.Tensor2D), bias!)
  }
}

/** tfjs's Grad-CAM, by `tf.grad`: maps and channel weights of one class, [N,H,W] and [N,K]. */
export function gradCam(
  tail: (maps: tf.Tensor) => tf.Tensor2D,
  maps: tf.Tensor,
  index: number,
): { cam: tf.Tensor; weights: tf.Tensor; gradient: tf.Tensor } {
  return tf.tidy(() => {
    const gradient = tf.grad((a) => tf.sum(tf.slice(tail(a), [0, index], [-1, 1])))(maps)
    const weights = tf.mean(gradient, [1, 2])
    const cam = tf.relu(tf.sum(tf.mul(tf.expandDims(tf.expandDims(weights, 1), 1), maps), 3))
    return { cam, weights, gradient }
  })
}

/** One class of a result [N,C,…], as [N,…]. */
export function classSlice({ dims, data }: Outputs[string], index: number): Float32Array {
  const [n, classes, ...rest] = dims as [number, number, ...number[]]
  const size = rest.reduce((a, b) => a * b, 1)
  const out = new Float32Array(n * size)
  for (let i = 0; i < n; i++)
    out.set(data.subarray((i * classes + index) * size, (i * classes + index + 1) * size), i * size)
  return out
}
