import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ConvertError } from '../errors.ts'
import { isObject, type Json, type JsonObject, toSnakeCase } from './json.ts'
import type { KerasVersion, Model, Weights } from './model.ts'
import { fileShards, memoryShards, type Shards } from './shards.ts'
import { readModel } from './topology.ts'
import { WeightIndex } from './weight-index.ts'
import { parseWeight, type WeightSpec } from './weights.ts'

/** A tfjs LayersModel: its layers, and its weights, which are read when they are asked for. */
export interface LayersModel {
  readonly model: Model
  readonly weights: Weights
}

const unreadable = (what: string, cause?: unknown): never => {
  throw new ConvertError('model-unreadable', what, cause === undefined ? undefined : { cause })
}

function readManifest(manifest: Json | undefined, open: (paths: readonly string[]) => Shards): Weights {
  if (!Array.isArray(manifest))
    return unreadable('model.json has no weightsManifest: only the topology was saved')
  const specs: WeightSpec[] = []
  const shards = manifest.map((group, i) => {
    if (!isObject(group) || !Array.isArray(group.weights) || !Array.isArray(group.paths))
      return unreadable(`group ${i} of the weights manifest has no weights or paths`)
    let offset = 0
    for (const entry of group.weights) {
      const spec = parseWeight(entry, i, offset)
      offset += spec.bytes
      // tfjs saves an optimizer's state beside the weights.
      if (isObject(entry) && entry.group !== 'optimizer') specs.push(spec)
    }
    const source = open(group.paths.map(String))
    if (source.bytes !== offset)
      throw new ConvertError(
        'weights-unreadable',
        `${group.paths.map(String).join(', ')}: ${source.bytes} bytes, but the manifest describes ${offset}; a shard is truncated or of another model`,
      )
    return source
  })
  return new WeightIndex(specs, shards)
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
  if (json.format === 'graph-model' || isObject((json.modelTopology as JsonObject | undefined)?.node as Json))
    throw new ConvertError(
      'model-unsupported',
      'the file is a tfjs GraphModel (format "graph-model"); supported: LayersModel (save with model.save or convert with --output_format=tfjs_layers_model)',
    )
  const topology = json.modelTopology ?? json
  if (!isObject(topology)) return unreadable('model.json has no modelTopology')
  if (Array.isArray(topology.node))
    throw new ConvertError(
      'model-unsupported',
      'the file is a tfjs GraphModel (its topology is a list of nodes); supported: LayersModel',
    )
  const config = topology.model_config ?? topology.modelConfig ?? topology
  const snake = toSnakeCase(typeof config === 'string' ? (JSON.parse(config) as Json) : config)
  const version = typeof topology.keras_version === 'string' ? topology.keras_version : undefined
  return isObject(snake)
    ? readModel(snake, { path: [], keras: kerasOf(snake, version) })
    : unreadable('model.json has no model configuration')
}

/**
 * Reads `model.json` (or the folder that holds it) with the weight shards beside it.
 * @throws ConvertError model-unreadable, model-unsupported, weights-unreadable
 */
export function readLayersModel(path: string): LayersModel {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, 'model.json') : path
  if (!existsSync(file)) return unreadable(`${file} does not exist`)
  let json: Json
  try {
    json = JSON.parse(readFileSync(file, 'utf8')) as Json
  } catch (cause) {
    return unreadable(`${file} is not JSON`, cause)
  }
  if (!isObject(json)) return unreadable(`${file} is not a model: its JSON is not an object`)
  const model = readTopology(json)
  return {
    model,
    weights: readManifest(json.weightsManifest, (paths) =>
      fileShards(paths.map((shard) => join(dirname(file), shard))),
    ),
  }
}

/** What `tf.io.withSaveHandler` hands over (tfjs's `ModelArtifacts`), for a model that is in memory. */
export interface ModelArtifacts {
  readonly modelTopology?: object | ArrayBuffer
  readonly weightSpecs?: readonly object[]
  readonly weightData?: ArrayBuffer | readonly ArrayBuffer[]
}

/** Reads a model from memory. */
export function readModelArtifacts(artifacts: ModelArtifacts): LayersModel {
  const data = artifacts.weightData
  const buffers = data === undefined ? [] : data instanceof ArrayBuffer ? [data] : [...data]
  const bytes =
    buffers.length === 1
      ? new Uint8Array(buffers[0]!)
      : Uint8Array.from(Buffer.concat(buffers.map((part) => new Uint8Array(part))))
  const json = {
    modelTopology: artifacts.modelTopology as Json,
    weightsManifest: [{ paths: [], weights: (artifacts.weightSpecs ?? []) as Json }],
  }
  return {
    model: readTopology(json as JsonObject),
    weights: readManifest(json.weightsManifest as Json, () => memoryShards(bytes)),
  }
}
