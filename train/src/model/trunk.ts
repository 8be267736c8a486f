import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'

/** The layers that a layer reads, in order. */
export const inputsOf = (layer: tfl.layers.Layer): tfl.layers.Layer[] =>
  layer.inboundNodes[0]?.inboundLayers ?? []

/** The layers that read a layer. */
export const readersOf = (model: tfl.LayersModel, layer: tfl.layers.Layer): tfl.layers.Layer[] =>
  model.layers.filter((l) => inputsOf(l).includes(layer))

/**
 * The layer whose maps Grad-CAM explains: the last convolution, together with the normalisation and activation that
 * follow it and nothing else (Selvaraju et al. 2017, section 3, where convolution and ReLU are one).
 */
export function camLayerOf(model: tfl.LayersModel): string {
  let layer = model.layers.findLast((l) => l.getClassName() === 'Conv2D')
  if (!layer) throw new Error(`${model.name} has no convolution`)
  for (;;) {
    const [next, another] = readersOf(model, layer)
    const follows = next && /^(BatchNormalization|ReLU|Activation)$/.test(next.getClassName())
    if (!follows || another || readersOf(model, next).length === 0) return layer.name
    layer = next
  }
}

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

/** The layer that the last one, dense with softmax, reads. */
export const lastHiddenOf = (model: tfl.LayersModel): tfl.layers.Layer => inputsOf(model.layers.at(-1)!)[0]!

/**
 * Class scores before the softmax.
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
