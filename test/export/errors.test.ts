import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { convert } from '@detl/export/convert'
import { ConvertError } from '@detl/export/errors'
import { readModelArtifacts } from '@detl/export/layers/read'
import { readLayersModel } from '@detl/export/read-path'
import * as tfl from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import { artifactsOf, saveToFolder } from './harness.ts'

const { layers } = tfl
type Json = { [key: string]: unknown }

const branched = (): tfl.LayersModel => {
  const x = tfl.input({ name: 'image', shape: [8, 8, 1] })
  const conv = layers
    .conv2d({ name: 'conv5', filters: 2, kernelSize: 3, padding: 'same' })
    .apply(x) as tfl.SymbolicTensor
  const sum = layers
    .add({ name: 'sum' })
    .apply([conv, layers.reLU({ name: 'relu' }).apply(conv) as tfl.SymbolicTensor]) as tfl.SymbolicTensor
  const flat = layers.flatten({ name: 'flatten' }).apply(sum) as tfl.SymbolicTensor
  return tfl.model({
    name: 'net',
    inputs: x,
    outputs: layers.dense({ name: 'scores', units: 2 }).apply(flat) as tfl.SymbolicTensor,
  })
}

/** A saved model whose model.json has been changed. */
async function changed(
  change: (json: { modelTopology: Json; weightsManifest: { weights: Json[] }[] }) => void,
): Promise<string> {
  const dir = await saveToFolder(branched())
  const json = JSON.parse(readFileSync(join(dir, 'model.json'), 'utf8'))
  change(json)
  writeFileSync(join(dir, 'model.json'), JSON.stringify(json))
  return dir
}
const layerIn = (json: { modelTopology: Json }, name: string) =>
  (
    json.modelTopology.config as {
      layers: { name: string; class_name: string; config: Json; inbound_nodes: unknown[] }[]
    }
  ).layers.find((l) => l.name === name)!

/** Damage, and the message that it gives: what, where, and the way out. */
const DAMAGES: [string, () => Promise<string>, RegExp][] = [
  [
    'no such file',
    () => Promise.resolve('/nowhere/model.json'),
    /^model-unreadable: \/nowhere\/model.json does not exist$/,
  ],
  [
    'model.json cut off',
    async () => {
      const dir = await saveToFolder(branched())
      writeFileSync(join(dir, 'model.json'), readFileSync(join(dir, 'model.json'), 'utf8').slice(0, 200))
      return dir
    },
    /^model-unreadable: .*model\.json is not JSON$/,
  ],
  [
    'a shard that is missing',
    () => changed((json) => Object.assign(json.weightsManifest[0]!, { paths: ['gone.bin'] })),
    /^weights-unreadable: weight shard .*gone\.bin is missing; put it beside model\.json$/,
  ],
  [
    'a shard that lies elsewhere',
    () => changed((json) => Object.assign(json.weightsManifest[0]!, { paths: ['x/../../other/shard.bin'] })),
    /^weights-unreadable: weight shard x\/\.\.\/\.\.\/other\/shard\.bin lies outside the folder of model\.json; put it beside/,
  ],
  [
    'a shard that is a folder',
    () => changed((json) => Object.assign(json.weightsManifest[0]!, { paths: ['.'] })),
    /^weights-unreadable: weight shard .* is no regular file$/,
  ],
  [
    'an activation that only every object has',
    () => changed((json) => Object.assign(layerIn(json, 'conv5').config, { activation: 'constructor' })),
    /^unsupported-option: layer "conv5" \(Conv2D\): activation is "constructor"; supported: linear, relu,/,
  ],
  [
    'a shard that is cut off',
    async () => {
      const dir = await saveToFolder(branched())
      const shard = join(dir, 'group1-shard1.bin')
      writeFileSync(shard, readFileSync(shard).subarray(0, 100))
      return dir
    },
    /^weights-unreadable: group1-shard1\.bin: 100 bytes, but the manifest describes 1112; a shard is truncated/,
  ],
  [
    'a weight of another shape',
    () =>
      changed((json) =>
        Object.assign(json.weightsManifest[0]!.weights.find((w) => w.name === 'conv5/kernel')!, {
          shape: [3, 3, 2, 1],
        }),
      ),
    /^shape-mismatch: layer "conv5" \(Conv2D\): its kernel is \[3,3,2,1\] where \[3,3,1,2\] is expected$/,
  ],
  [
    'a weight that is not there',
    () =>
      changed((json) =>
        Object.assign(json.weightsManifest[0]!.weights.find((w) => w.name === 'scores/bias')!, {
          name: 'other/bias',
        }),
      ),
    /^weights-unreadable: layer "scores" \(Dense\): its weight "bias" is not in the file, which has conv5\/kernel/,
  ],
  [
    'an element type that is unknown',
    () => changed((json) => Object.assign(json.weightsManifest[0]!.weights[0]!, { dtype: 'complex64' })),
    /^weights-unreadable: weight "conv5\/kernel" is of type "complex64"; supported: float32, int32, bool$/,
  ],
  [
    'a custom layer',
    () => changed((json) => Object.assign(layerIn(json, 'relu'), { class_name: 'Custom>MultiplyBeta' })),
    /^unknown-layer: layer "relu" \(MultiplyBeta\): there is no lowering for this class.*docs\/onnx-support\.md/,
  ],
  [
    'an option that is unknown',
    () => changed((json) => Object.assign(layerIn(json, 'conv5').config, { padding: 'mirror' })),
    /^unsupported-option: layer "conv5" \(Conv2D\): padding is "mirror"; supported: valid, same$/,
  ],
  [
    'an activation that is unknown',
    () => changed((json) => Object.assign(layerIn(json, 'scores').config, { activation: 'quick_gelu' })),
    /^unsupported-option: layer "scores" \(Dense\): activation is "quick_gelu"; supported: linear, relu/,
  ],
  [
    'an input that is never made',
    () =>
      changed((json) => Object.assign(layerIn(json, 'flatten'), { inbound_nodes: [[['ghost', 0, 0, {}]]] })),
    /^model-unreadable: model "net" refers to a layer "ghost" that it does not have$/,
  ],
  [
    'a loop',
    () => changed((json) => Object.assign(layerIn(json, 'relu'), { inbound_nodes: [[['relu', 0, 0, {}]]] })),
    /^model-unreadable: model "net": the inputs of layer "relu" are never made$/,
  ],
  [
    'a GraphModel',
    () => changed((json) => Object.assign(json, { format: 'graph-model' })),
    /^model-unsupported: the file is a tfjs GraphModel, which has no layers; here a LayersModel is wanted/,
  ],
  [
    'a topology without weights',
    () => changed((json) => Object.assign(json, { weightsManifest: undefined })),
    /^model-unreadable: model\.json has no weightsManifest: only the topology was saved$/,
  ],
]

describe('a model that cannot be converted', () => {
  it.each(DAMAGES)('says what is wrong, and where: %s', async (_, make, message) => {
    const path = await make()
    let caught: unknown
    try {
      convert(readLayersModel(path))
    } catch (error) {
      caught = error
    }
    expect(caught).toBeInstanceOf(ConvertError)
    expect((caught as ConvertError).message).toMatch(message)
  })

  it('gives a ConvertError wherever its JSON is damaged, or converts', async () => {
    const artifacts = await artifactsOf(branched())
    const text = JSON.stringify(artifacts.modelTopology)
    const damage = [undefined, null, -1, 'x', [], {}, [[]], 1e9]
    let refused = 0
    for (const path of pathsIn(JSON.parse(text))) {
      for (const value of damage) {
        const modelTopology = JSON.parse(text) as Json
        const parent = path.slice(0, -1).reduce<Json>((at, key) => at[key] as Json, modelTopology)
        if (value === undefined) delete parent[path.at(-1)!]
        else parent[path.at(-1)!] = value
        try {
          convert(
            readModelArtifacts({
              ...(artifacts as object),
              modelTopology: JSON.parse(JSON.stringify(modelTopology)),
            }),
          )
        } catch (error) {
          refused++
          expect(
            error,
            `${path.join('.')} = ${JSON.stringify(value)}: ${(error as Error).stack}`,
          ).toBeInstanceOf(ConvertError)
        }
      }
    }
    expect(refused).toBeGreaterThan(100)
  })
})

/** Every key of a JSON value, as a path. */
function pathsIn(json: unknown, path: string[] = []): string[][] {
  if (typeof json !== 'object' || json === null) return []
  return Object.entries(json).flatMap(([key, value]) => [[...path, key], ...pathsIn(value, [...path, key])])
}
