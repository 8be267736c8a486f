import { camLayer, type NetworkLayer } from '@detl/core/cam/network'
import { receptiveField } from '@detl/core/cam/receptive-field'
import type { CamGrid } from '@detl/core/cam/resize-map'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'

/** The layers that a layer reads, in order. */
export const inputsOf = (layer: tfl.layers.Layer): tfl.layers.Layer[] =>
  layer.inboundNodes[0]?.inboundLayers ?? []

/** The layers that read a layer. */
export const readersOf = (model: tfl.LayersModel, layer: tfl.layers.Layer): tfl.layers.Layer[] =>
  model.layers.filter((l) => inputsOf(l).includes(layer))

/** The network as core looks at it. */
const networkOf = (model: tfl.LayersModel): NetworkLayer[] =>
  model.layers.map((layer) => {
    const config = layer.getConfig() as Readonly<Record<string, unknown>>
    return {
      key: layer.name,
      name: layer.name,
      className: layer.getClassName(),
      inputs: inputsOf(layer).map(({ name }) => name),
      option: (name) => config[name],
    }
  })

/** Name of the layer whose maps Grad-CAM explains. @throws where the model has no convolution */
export function camLayerOf(model: tfl.LayersModel): string {
  const layer = camLayer(networkOf(model))
  if (!layer) throw new Error(`${model.name} has no convolution`)
  return layer.name
}

/** Where the cells of a layer's maps look, in pixels of the tensor. */
export const camGridOf = (model: tfl.LayersModel, layer = camLayerOf(model)): CamGrid =>
  receptiveField(networkOf(model), layer, model.inputs[0]!.shape[1] as number)

/** The layers behind one, each of which reads only the one before it. @throws where they branch */
export function tailOf(model: tfl.LayersModel, layer: string): tfl.layers.Layer[] {
  const tail: tfl.layers.Layer[] = []
  for (let at = model.getLayer(layer); ; at = tail.at(-1)!) {
    const [next, another] = readersOf(model, at)
    if (!next) return tail
    if (another || inputsOf(next).length !== 1) throw new Error(`${model.name} branches behind ${at.name}`)
    tail.push(next)
  }
}

const parts = new WeakMap<tfl.LayersModel, Map<string, tfl.LayersModel>>()

/** The output of one layer, at inference. */
export function outputOf(model: tfl.LayersModel, layer: string, x: tf.Tensor4D): tf.Tensor {
  let known = parts.get(model)
  if (!known) {
    known = new Map()
    parts.set(model, known)
  }
  let part = known.get(layer)
  if (!part) {
    part = tfl.model({ inputs: model.inputs, outputs: model.getLayer(layer).output as tfl.SymbolicTensor })
    known.set(layer, part)
  }
  return part.apply(x) as tf.Tensor
}

/** The layer that the last one, dense with softmax or sigmoid, reads. */
export const lastHiddenOf = (model: tfl.LayersModel): tfl.layers.Layer => inputsOf(model.layers.at(-1)!)[0]!

/**
 * Class scores before the softmax or sigmoid.
 * @param x [N,S,S,1] in 0 … 1
 * @returns logits [N,C]
 */
export const logitsOf = (model: tfl.LayersModel, x: tf.Tensor4D): tf.Tensor2D =>
  tf.tidy(() => scoresOf(model, outputOf(model, lastHiddenOf(model).name, x)))

/** @param hidden the input of the last layer, [N,D] */
export function scoresOf(model: tfl.LayersModel, hidden: tf.Tensor): tf.Tensor2D {
  const [kernel, bias] = model.layers.at(-1)!.weights.map((w) => w.read())
  return tf.add(tf.matMul(hidden as tf.Tensor2D, kernel as tf.Tensor2D), bias!) as tf.Tensor2D
}
