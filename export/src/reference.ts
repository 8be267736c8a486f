import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  add,
  div,
  findBackend,
  getBackend,
  mul,
  ready,
  reshape,
  setBackend,
  sqrt,
  sub,
  type Tensor,
  tidy,
} from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { loadGraphModel, type GraphModel as TfjsGraph } from '@tensorflow/tfjs-converter'
import { type layers, loadLayersModel, type LayersModel as TfjsModel } from '@tensorflow/tfjs-layers'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { ConvertError } from './errors.ts'
import { readForTfjs } from './files/handler.ts'
import type { LayersModel } from './layers/model.ts'
import { layersOf as allLayers } from './lower.ts'
import type { GraphModel } from './nodes/model.ts'
import { isGraph, type Source } from './source.ts'

/** What a file is compared with. */
export interface Reference {
  readonly inputs: readonly { readonly shape: readonly (number | null)[] }[]
  readonly outputNames: readonly string[]
  /** What a reader of the result must know of it. */
  readonly notes: readonly string[]
  /** The outputs for inputs as tfjs takes them. */
  predict(inputs: readonly Tensor[]): Promise<Output[]>
  close(): Promise<void>
}

export interface Output {
  readonly data: ArrayLike<number>
  readonly shape: readonly number[]
}

export type Backend = 'wasm' | 'cpu'

/**
 * tfjs itself, or, for a file that it cannot load or has not the layers of, the lowering before any pass.
 * @param literal a model as an ONNX file, before any pass
 */
export async function referenceOf(
  path: string,
  source: Source,
  backend: Backend,
  literal: (source: LayersModel) => readonly Uint8Array[],
): Promise<Reference> {
  await useBackend(backend)
  if (isGraph(source)) return graphReference(path, source)
  const why = beyondTfjs(source)
  return why === undefined ? tfjsReference(path) : loweringReference(source, literal(source), why)
}

/** Why tfjs cannot be asked what a model computes, and whose figures stand in for it; undefined where it can. */
function beyondTfjs({ model }: LayersModel): string | undefined {
  const layers = [...allLayers(model).values()].flatMap((layer) => [layer, ...(layer.inner ?? [])])
  const instead =
    'compared with the converter’s own literal lowering, which its tests hold to figures of Keras'
  if (layers.some(({ keras }) => keras === 3)) return `tfjs cannot load a file of Keras 3: ${instead} 3.15`
  const beyond = layers.filter(
    ({ className, config }) => className === 'TFOpLambda' || config.json.keepdims === true,
  )
  if (beyond.length === 0) return undefined
  const names = beyond.map(({ name }) => `"${name}"`).join(', ')
  return `tfjs has no keepdims and no operators as layers (${names}): ${instead} 2.15`
}

/** Sets tfjs's backend; given back is the one that it had. WebAssembly is loaded here alone: by import it would be everybody's default. */
export async function useBackend(backend: string): Promise<string> {
  const before = getBackend() ?? 'cpu'
  if (backend === 'wasm' && !findBackend('wasm')) {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm')
    setWasmPaths(`${dirname(fileURLToPath(import.meta.resolve('@tensorflow/tfjs-backend-wasm')))}/`)
  }
  await setBackend(backend)
  await ready()
  return before
}

async function tfjsReference(path: string): Promise<Reference> {
  const model = await loadLayersModel(readForTfjs(path)).catch((cause: unknown) => {
    if (cause instanceof ConvertError) throw cause
    throw new ConvertError('model-unreadable', `tfjs cannot load ${path}: ${(cause as Error).message}`, {
      cause,
    })
  })
  const mended = mendBatchNormalisation(model)
  return {
    inputs: model.inputs,
    // A Sequential names its outputs when it is first called.
    get outputNames() {
      return model.outputNames
    },
    notes: mended.map(
      (name) =>
        `layer "${name}": tfjs 4.22 computes batch normalisation on another axis than the last wrongly on this backend; compared with its definition`,
    ),
    predict: async (inputs) => {
      const outputs = tidy(() => [model.predict([...inputs])].flat()) as Tensor[]
      const read = outputs.map((y) => ({ data: y.dataSync(), shape: y.shape }))
      for (const y of outputs) y.dispose()
      return Promise.resolve(read)
    },
    close: () => Promise.resolve(model.dispose()).then(() => undefined),
  }
}

/** Operations whose result has a size that only the values tell run asynchronously in tfjs, and no others. */
const execute = async (
  model: TfjsGraph,
  feeds: Record<string, Tensor>,
  names: readonly string[],
): Promise<Tensor[]> => {
  try {
    return [model.execute(feeds, [...names])].flat()
  } catch {
    return [await model.executeAsync(feeds, [...names])].flat()
  }
}

async function graphReference(path: string, { inputs, outputs }: GraphModel): Promise<Reference> {
  const model = await loadGraphModel(readForTfjs(path))
  return {
    inputs: inputs.map(({ shape }) => ({ shape: shape ?? [] })),
    outputNames: outputs.map(({ name }) => name),
    notes: [],
    predict: async (values) => {
      const feeds = Object.fromEntries(inputs.map(({ node }, i) => [node, values[i]!]))
      const names = outputs.map(({ from }) => `${from.node}:${from.output}`)
      const results = await execute(model, feeds, names)
      const read = await Promise.all(results.map(async (y) => ({ data: await y.data(), shape: y.shape })))
      for (const y of results) y.dispose()
      return read
    },
    close: () => Promise.resolve(model.dispose()),
  }
}

/** The layers of a model and of those in it. */
const layersOf = (model: TfjsModel): layers.Layer[] =>
  model.layers.flatMap((layer) => ('layers' in layer ? layersOf(layer as TfjsModel) : [layer]))

/**
 * Makes batch normalisation on an axis that is not the last what it is by definition: γ (x − μ) / √(σ² + ε) + β. tfjs hands its kernel
 * parameters of the shape [1,C,1,1], which the cpu and wasm backends read as if channels were last.
 * @returns names of the layers
 */
function mendBatchNormalisation(model: TfjsModel): string[] {
  const names: string[] = []
  for (const layer of layersOf(model)) {
    if (layer.getClassName() !== 'BatchNormalization') continue
    const config = layer.getConfig() as { axis: number; epsilon: number; scale: boolean; center: boolean }
    const rank = ([layer.input].flat()[0] as { shape: unknown[] }).shape.length
    const axis = config.axis < 0 ? config.axis + rank : config.axis
    if (axis === rank - 1) continue
    names.push(layer.name)
    layer.call = (inputs) =>
      tidy(() => {
        const x = [inputs].flat()[0]!
        const weights = layer.getWeights().map((w) =>
          reshape(
            w,
            x.shape.map((_, i) => (i === axis ? w.size : 1)),
          ),
        )
        const [mean, variance] = weights.slice(-2) as [Tensor, Tensor]
        const centred = div(sub(x, mean), sqrt(add(variance, config.epsilon)))
        const scaled = config.scale ? mul(centred, weights[0]!) : centred
        return config.center ? add(scaled, weights[config.scale ? 1 : 0]!) : scaled
      })
  }
  return names
}

async function loweringReference(
  source: LayersModel,
  file: readonly Uint8Array[],
  why: string,
): Promise<Reference> {
  const session = await InferenceSession.create(Buffer.concat(file), { logSeverityLevel: 3 })
  return {
    inputs: source.model.inputs.map(({ shape }) => ({ shape: shape! })),
    outputNames: session.outputNames,
    notes: [why],
    predict: async (inputs) => {
      const feeds = Object.fromEntries(
        inputs.map((x, i) => [
          session.inputNames[i]!,
          new OrtTensor('float32', Float32Array.from(x.dataSync()), x.shape),
        ]),
      )
      const outputs = await session.run(feeds)
      return session.outputNames.map((name) => ({
        data: outputs[name]!.data as Float32Array,
        shape: outputs[name]!.dims,
      }))
    },
    close: () => session.release(),
  }
}
