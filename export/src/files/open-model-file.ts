import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'
import { ConvertError } from '../errors.ts'
import { fileShards } from './file-shards.ts'
import { isObject, type Json } from './json.ts'
import { type ModelFile, readManifest } from './model-file.ts'

const unreadable = (what: string, cause?: unknown): never => {
  throw new ConvertError('model-unreadable', what, cause === undefined ? undefined : { cause })
}

/**
 * Reads `model.json` (or the folder that holds it); the weight shards lie beside it.
 * @throws ConvertError model-unreadable
 */
export function openModelFile(path: string): ModelFile {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, 'model.json') : path
  if (!existsSync(file)) return unreadable(`${file} does not exist`)
  let json: Json
  try {
    json = JSON.parse(readFileSync(file, 'utf8')) as Json
  } catch (cause) {
    return unreadable(`${file} is not JSON`, cause)
  }
  if (!isObject(json)) return unreadable(`${file} is not a model: its JSON is not an object`)
  const { weightsManifest } = json
  return {
    json,
    weights: () =>
      readManifest(weightsManifest, (paths) => fileShards(paths.map((shard) => beside(file, shard)))),
  }
}

/** Models come from anywhere: one that named a file elsewhere would have it written into the result, which is passed on. */
function beside(file: string, shard: string): string {
  if (normalize(shard).split(sep)[0] === '..')
    throw new ConvertError(
      'weights-unreadable',
      `weight shard ${shard} lies outside the folder of model.json; put it beside model.json, and its name into "paths"`,
    )
  return join(dirname(file), shard)
}
