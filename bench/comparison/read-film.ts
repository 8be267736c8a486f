import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { type Film, filmOf } from '@detl/core/comparison/film'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import { regionsOf } from '@detl/core/lungs/regions'
import { type Manifest, parseManifest } from '@detl/core/model/manifest'
import { OUTPUTS } from '@detl/core/model/tensor-names'
import ort from 'onnxruntime-node'

export type FilmReader = {
  readonly manifest: Manifest
  readonly read: (bytes: Uint8Array) => Promise<Film>
}

/** A shipped model that reads films as a comparison needs them: lungs, opacity, tensor; no scores. */
export async function filmReader(folder: string): Promise<FilmReader> {
  const manifest = parseManifest(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')))
  const { preprocess, gate, regions: spec } = manifest
  if (!spec) throw new Error(`${manifest.name} outlines no lungs: films cannot be compared`)
  const session = await ort.InferenceSession.create(join(folder, 'model.onnx'), {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  })
  const { size } = preprocess
  return {
    manifest,
    async read(bytes) {
      const options = { limits: DEFAULT_LIMITS, codecs }
      const { preprocessed } = await takeIn(bytes, preprocess, { mode: 'report', spec: gate }, options)
      const image = new ort.Tensor('uint8', preprocessed.tensor, [1, 1, size, size])
      const outputs = await session.run({ image }, [OUTPUTS.regions])
      const regions = regionsOf(spec, outputs[OUTPUTS.regions]!.data as Float32Array)
      return filmOf(manifest, { regions }, preprocessed)!
    },
  }
}
