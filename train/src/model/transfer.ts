import type * as tfl from '@tensorflow/tfjs-layers'
import { detl12 } from './detl12.ts'

/** The blocks of the network from the input on: transfer retrains from a named one to the end. */
export const BLOCKS = {
  block1: ['conv1', 'conv2'],
  block2: ['conv3', 'conv4'],
  block3: ['conv5', 'conv6'],
  dense: ['dense1', 'dense2'],
  head: ['dense3'],
} as const
export type Block = keyof typeof BLOCKS

/**
 * Domain extension transfer learning, paper section IV-C: the base with its weights and a new last layer.
 * @param base trained on Data-A; it is left as it is
 * @returns a model with `classes` outputs that shares no variable with `base`
 */
export function extendDomain(base: tfl.LayersModel, classes: number, seed: number): tfl.LayersModel {
  const size = base.inputs[0]!.shape[1] as number
  const model = detl12({ size, classes, seed })
  for (const layer of model.layers) {
    if (layer.name !== 'dense3') layer.setWeights(base.getLayer(layer.name).getWeights())
  }
  return model
}
