import { readModelArtifacts } from '@detl/export/layers/read'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { type Prepared, sourceOf } from '../harness.ts'

/** One configuration of a layer class. */
export interface LayerCase {
  readonly title: string
  readonly prepare: () => Promise<Prepared>
}

/** Class name → its configurations. */
export type LayerCases = Readonly<Record<string, readonly LayerCase[]>>

type Shape = readonly (number | null)[]
type Symbolic = tfl.SymbolicTensor
/** A layer, or anything else that can be applied to symbolic tensors. */
export type Applicable = { apply(inputs: Symbolic | Symbolic[]): unknown }

const noise = (shape: Shape, seed: number): tf.Tensor =>
  tf.randomUniform(
    shape.map((d, at) => d ?? (at === 0 ? 2 : 11)),
    -1,
    1,
    'float32',
    seed,
  )

/** A whole tfjs model; inputs are uniform noise in [-1,1) unless given; tfjs's own prediction is expected unless told otherwise. */
export const ofModel = (
  title: string,
  make: () => tfl.LayersModel,
  inputs?: () => tf.Tensor[],
  expected?: (model: tfl.LayersModel, inputs: readonly tf.Tensor[]) => tf.Tensor[],
): LayerCase => ({
  title,
  prepare: async () => {
    const model = make()
    randomise(model, 100)
    const given = inputs?.() ?? model.inputs.map(({ shape }, i) => noise(shape, 20 + i))
    return {
      source: await sourceOf(model),
      inputs: given,
      expected: expected?.(model, given) ?? [model.predict([...given])].flat(),
    }
  },
})

/** A layer on one input or several. */
export const on = (
  title: string,
  shapes: Shape | readonly Shape[],
  make: () => Applicable,
  inputs?: () => tf.Tensor[],
  expected?: (model: tfl.LayersModel, inputs: readonly tf.Tensor[]) => tf.Tensor[],
): LayerCase =>
  ofModel(
    title,
    () => {
      const list = (Array.isArray(shapes[0]) ? shapes : [shapes]) as readonly Shape[]
      const values = list.map((shape) => tfl.input({ shape: [...shape] as tfl.Shape }))
      const outputs = make().apply(values.length === 1 ? values[0]! : values) as Symbolic | Symbolic[]
      return tfl.model({ inputs: values, outputs })
    },
    inputs,
    expected,
  )

/**
 * A layer without weights that tfjs-layers 4.22 cannot hold in a model (it overwrites its input's shape, or is handed a list):
 * its file is written by hand, and what it gives on a tensor is expected.
 */
export const eager = (
  title: string,
  shape: readonly number[],
  make: () => tfl.layers.Layer,
  inputs: () => tf.Tensor,
  expected?: (x: tf.Tensor) => tf.Tensor,
): LayerCase => ({
  title,
  prepare: () => {
    const layer = make()
    const config = { ...layer.getConfig(), batch_input_shape: [null, ...shape] }
    const modelTopology = {
      class_name: 'Sequential',
      config: { name: 'eager', layers: [{ class_name: layer.getClassName(), config }] },
    }
    const x = inputs()
    const y = expected ? expected(x) : (layer.apply(x) as tf.Tensor)
    return Promise.resolve({
      source: readModelArtifacts({ modelTopology, weightSpecs: [] }),
      inputs: [x],
      expected: [y],
    })
  },
})

/** Options of one layer class, each as a case of its own; the title is the options. */
export const each = <O extends object>(
  shape: Shape | readonly Shape[],
  make: (options: never) => Applicable,
  list: readonly O[],
): LayerCase[] =>
  list.map((options) =>
    on(`${JSON.stringify(options)} on [${shape.join('], [')}]`, shape, () => make(options as never)),
  )

/** Weights of ordinary size and both signs, so that a bias or a moving mean that is left out shows. */
export function randomise(model: tfl.LayersModel, seed: number): void {
  let next = seed
  for (const layer of model.layers) {
    layer.setWeights(
      layer.getWeights().map((weight, i) => {
        const fanIn = weight.shape.slice(0, -1).reduce((a, b) => a * b, 1)
        const values = noise(weight.shape, next++)
        if (layer.weights[i]!.originalName.endsWith('moving_variance')) return tf.add(tf.abs(values), 0.5)
        return tf.mul(values, Math.min(1, Math.sqrt(2 / fanIn)))
      }),
    )
  }
}
