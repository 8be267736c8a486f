import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { readText } from '../data/text-file.ts'
import { writeWhole } from '../files.ts'

/**
 * Saves model.json and weights.bin as tfjs's own `file://` and download handlers lay them out; where that format leaves
 * room for the user's own, model.json names the digest of the weights.
 */
export async function saveModel(model: tfl.LayersModel, dir: string): Promise<string> {
  mkdirSync(dir, { recursive: true })
  const path = join(dir, 'model.json')
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      const { weightData, weightSpecs, ...rest } = artifacts
      const bytes = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData))
      const json = {
        format: 'layers-model',
        generatedBy: rest.generatedBy,
        convertedBy: null,
        modelTopology: rest.modelTopology,
        weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }],
        userDefinedMetadata: { weightsSha256: sha256(bytes) },
      }
      writeWhole(join(dir, 'weights.bin'), bytes)
      writeWhole(path, JSON.stringify(json))
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) }
    }),
  )
  return path
}

/**
 * @param path of model.json, or of the folder that holds it
 * @throws where model.json names a digest, as `saveModel` has it do, and the weights have another one
 */
export async function loadModel(path: string): Promise<tfl.LayersModel> {
  const file = path.endsWith('.json') ? path : join(path, 'model.json')
  const json = JSON.parse(readText(file)) as {
    modelTopology: object
    weightsManifest: { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[]
    userDefinedMetadata?: { weightsSha256?: string }
  }
  const shards = json.weightsManifest.flatMap((m) => m.paths).map((p) => readFileSync(join(dirname(file), p)))
  const bytes = Buffer.concat(shards)
  const written = json.userDefinedMetadata?.weightsSha256
  if (written !== undefined && written !== sha256(bytes))
    throw new Error(
      `the weights beside ${file} are damaged or of another model: their digest is not the one that it names. Train this stage anew with --restart`,
    )
  return tfl.loadLayersModel(
    tf.io.fromMemory({
      modelTopology: json.modelTopology,
      weightSpecs: json.weightsManifest.flatMap((m) => m.weights),
      weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
    }),
  )
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
