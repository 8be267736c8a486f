import type * as tf from '@tensorflow/tfjs-core'
import type * as tfl from '@tensorflow/tfjs-layers'
import { ARCHITECTURES, type Architecture } from '../config.ts'
import { fetchBackbone, loadBackbone } from './backbone.ts'
import { detl12 } from './detl12.ts'
import { efficientNetB0 } from './efficientnet-b0.ts'
import { GraphNet } from './graph-net.ts'
import { mobileNetV1 } from './mobilenet-v1.ts'
import { mobileNetV2 } from './mobilenet-v2.ts'
import type { ModelOptions } from './model-options.ts'
import type { Trainable } from './trainable.ts'
import { TrainingNet } from './training-net.ts'
import type { Block } from './transfer.ts'

/** A row for each network: to add one is to write its builder and a row here, its name in `ARCHITECTURES` and its line in the model card. */
const NETWORKS: Record<
  Architecture,
  { build: (options: ModelOptions) => tfl.LayersModel; backbone?: boolean }
> = {
  detl12: { build: detl12 },
  'mobilenet-v2': { build: mobileNetV2, backbone: true },
  'mobilenet-v1': { build: mobileNetV1 },
  'efficientnet-b0': { build: efficientNetB0 },
}

/** @returns a model [N,S,S,1] → [N,C] with random weights */
export const buildModel = (architecture: Architecture, options: ModelOptions): tfl.LayersModel =>
  NETWORKS[architecture].build(options)

/**
 * A model as training begins: random weights, or for the networks that come with them those of a backbone.
 * @param cache folder for what is fetched
 * @param fetch whence the backbone's weights are; tests give their own
 */
export function initialModel(
  architecture: Architecture,
  options: ModelOptions,
  cache: string,
  fetch = fetchBackbone,
): tfl.LayersModel {
  const model = buildModel(architecture, options)
  if (NETWORKS[architecture].backbone) loadBackbone(model, fetch(cache))
  return model
}

/** @throws where a loaded model is none of them */
export function architectureOf(model: tfl.LayersModel): Architecture {
  const found = ARCHITECTURES.find((a) => a === model.name)
  if (!found) throw new Error(`"${model.name}" is none of ${ARCHITECTURES.join(', ')}`)
  return found
}

export type TrainableOptions = {
  trainFrom: string
  /** Batch normalisation of detl12 while it trains; the others have their own. */
  normalise: boolean
  auxiliary: number
  fresh: boolean
}

/** @param sample [B,S,S,1], standardised: the first statistics of detl12 are its */
export function trainableOf(
  model: tfl.LayersModel,
  sample: tf.Tensor4D,
  options: TrainableOptions,
): Trainable {
  if (architectureOf(model) !== 'detl12') return new GraphNet(model, options)
  return new TrainingNet(model, sample, { ...options, trainFrom: options.trainFrom as Block })
}

/**
 * Domain extension transfer learning, paper section IV-C: the base with its weights and a new last layer.
 * @param base trained on Data-A; it is left as it is
 * @returns a model with `classes` outputs that shares no variable with `base`
 */
export function extendDomain(
  base: tfl.LayersModel,
  classes: number,
  seed: number,
  activation: ModelOptions['activation'] = 'softmax',
): tfl.LayersModel {
  const size = base.inputs[0]!.shape[1] as number
  const model = buildModel(architectureOf(base), { size, classes, activation, seed })
  for (const layer of model.layers.slice(0, -1)) layer.setWeights(base.getLayer(layer.name).getWeights())
  return model
}
