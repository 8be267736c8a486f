import { ConvertError } from '../errors.ts'
import { isObject, type Json, type JsonObject, toSnakeCase } from '../files/json.ts'
import { artifactsAsFile, isGraphModel, type ModelArtifacts, type ModelFile } from '../files/model-file.ts'
import type { KerasVersion, LayersModel, Model } from './model.ts'
import { readModel } from './topology.ts'
import { WeightIndex } from './weight-index.ts'

const unreadable = (what: string): never => {
  throw new ConvertError('model-unreadable', what)
}

/** Told by the version, or, where a file has none, by what only Keras 3 writes. */
const kerasOf = (topology: JsonObject, version: string | undefined): KerasVersion =>
  version === undefined
    ? /"(__keras_tensor__|DTypePolicy)"/.test(JSON.stringify(topology))
      ? 3
      : 2
    : Number.parseInt(version, 10) >= 3
      ? 3
      : 2

/** Reads the JSON of a model, however it was saved. */
function readTopology(json: JsonObject): Model {
  const topology = json.modelTopology ?? json
  if (!isObject(topology)) return unreadable('model.json has no modelTopology')
  const config = topology.model_config ?? topology.modelConfig ?? topology
  const snake = toSnakeCase(typeof config === 'string' ? (JSON.parse(config) as Json) : config)
  const version = typeof topology.keras_version === 'string' ? topology.keras_version : undefined
  return isObject(snake)
    ? readModel(snake, { path: [], keras: kerasOf(snake, version) })
    : unreadable('model.json has no model configuration')
}

/** The layers of a file that is open. @throws ConvertError model-unreadable, model-unsupported, weights-unreadable */
export function layersOfFile(file: ModelFile): LayersModel {
  if (isGraphModel(file))
    throw new ConvertError(
      'model-unsupported',
      'the file is a tfjs GraphModel, which has no layers; here a LayersModel is wanted (save it with model.save, or convert with --output_format=tfjs_layers_model)',
    )
  return { model: readTopology(file.json), weights: new WeightIndex(file.weights()) }
}

/** Reads a model from memory. */
export const readModelArtifacts = (artifacts: ModelArtifacts): LayersModel =>
  layersOfFile(artifactsAsFile(artifacts))
