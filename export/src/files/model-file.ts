import { joinBytes } from '@detl/core/base/join-bytes'
import { ConvertError } from '../errors.ts'
import { isObject, type Json, type JsonObject } from './json.ts'
import { memoryShards, type Shards } from './shards.ts'
import { decodeWeight, parseWeight, type WeightFile, type WeightSpec } from './weights.ts'

/** `model.json`, whatever kind of model it holds. */
export interface ModelFile {
  readonly json: JsonObject
  readonly weights: () => WeightFile
}

const unreadable = (what: string, cause?: unknown): never => {
  throw new ConvertError('model-unreadable', what, cause === undefined ? undefined : { cause })
}

/** The weights that a manifest describes; `open` gives the shards of one group. @throws ConvertError model-unreadable, weights-unreadable */
export function readManifest(
  manifest: Json | undefined,
  open: (paths: readonly string[]) => Shards,
): WeightFile {
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
  return {
    specs,
    read: (spec, infinite) => {
      const bytes = new Uint8Array(spec.bytes)
      shards[spec.group]!.read(spec.offset, bytes)
      return decodeWeight(spec, bytes, infinite)
    },
  }
}

/** What `tf.io.withSaveHandler` hands over (tfjs's `ModelArtifacts`), for a model that is in memory. */
export interface ModelArtifacts {
  readonly modelTopology?: object | ArrayBuffer
  readonly weightSpecs?: readonly object[]
  readonly weightData?: ArrayBuffer | readonly ArrayBuffer[]
  /** Of a GraphModel: the names of its inputs and outputs. */
  readonly signature?: object
  readonly userDefinedMetadata?: object
}

/** A model in memory as if it were a file. */
export function artifactsAsFile(artifacts: ModelArtifacts): ModelFile {
  const data = artifacts.weightData
  const buffers = data === undefined ? [] : data instanceof ArrayBuffer ? [data] : [...data]
  const bytes =
    buffers.length === 1
      ? new Uint8Array(buffers[0]!)
      : joinBytes(buffers.map((part) => new Uint8Array(part)))
  const { modelTopology, signature, userDefinedMetadata, weightSpecs = [] } = artifacts
  const json = {
    modelTopology,
    ...(signature && { signature }),
    ...(userDefinedMetadata && { userDefinedMetadata }),
  } as unknown as JsonObject
  const manifest = [{ paths: [], weights: weightSpecs as Json }]
  return { json, weights: () => readManifest(manifest, () => memoryShards(bytes)) }
}

/** Whether a file holds a GraphModel: a list of operations in place of layers. */
export const isGraphModel = ({ json }: ModelFile): boolean =>
  json.format === 'graph-model' || (isObject(json.modelTopology) && Array.isArray(json.modelTopology.node))
