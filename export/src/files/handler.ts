import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { io } from '@tensorflow/tfjs-core'
import { ConvertError } from '../errors.ts'

interface ModelJson
  extends Pick<io.ModelJSON, 'modelTopology' | 'signature' | 'userDefinedMetadata' | 'modelInitializer'> {
  weightsManifest: { paths: string[]; weights: io.WeightsManifestEntry[] }[]
}

/** A loader for `loadLayersModel` and `loadGraphModel` that reads model.json and its shards from files: tfjs without tfjs-node has none. */
export function readForTfjs(path: string): io.IOHandler {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, 'model.json') : path
  return {
    load: () => {
      let json: ModelJson
      try {
        json = JSON.parse(readFileSync(file, 'utf8')) as ModelJson
      } catch (cause) {
        return Promise.reject(
          new ConvertError('model-unreadable', `${file}: ${(cause as Error).message}`, { cause }),
        )
      }
      const groups = json.weightsManifest
      const shards = groups
        .flatMap((group) => group.paths)
        .map((shard) => readFileSync(join(dirname(file), shard)))
      const weightData = new Uint8Array(Buffer.concat(shards)).buffer
      const { weightsManifest: _, ...rest } = json
      return Promise.resolve({
        ...rest,
        weightSpecs: groups.flatMap((group) => group.weights),
        weightData,
      })
    },
  }
}
