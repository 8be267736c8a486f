import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
import { LABELS } from '@detl/core/model/labels'
import { type Manifest, SCHEMA } from '@detl/core/model/manifest'
import { cxrGrey } from '@detl/core/preprocess/spec'
import { TINY, type TinyNetwork, tinyModel } from './tiny-model.ts'

export type ModelOptions = { name?: string; version?: string; network?: TinyNetwork }

/** A models folder of its own under the system's temporary folder. */
export function modelsFolder() {
  const root = mkdtempSync(join(tmpdir(), 'detl-models-'))
  return {
    root,
    /**
     * Writes `<name>/[folder/]model.onnx` and manifest.json. @param folder '' = the model's own folder
     * @returns the folder that holds them
     */
    add(options: ModelOptions & { folder?: string } = {}): string {
      const path = join(root, options.name ?? 'detl', options.folder ?? '')
      writeModel(path, options)
      return path
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}

export function writeModel(
  path: string,
  { name = 'detl', version = '1', network = TINY }: ModelOptions = {},
): void {
  const { onnx, mapSize } = tinyModel(network)
  const stride = 2 ** (network.filters.length - 1)
  const manifest: Manifest = {
    schema: SCHEMA,
    name,
    version,
    createdAt: '2026-01-01T00:00:00Z',
    labels: [...LABELS],
    labelling: 'single',
    input: { name: 'image', shape: [-1, 1, network.size, network.size], scale: 1 / 255 },
    preprocess: cxrGrey(network.size),
    gate: DEFAULT_GATE,
    cam: { method: 'gradcam', layer: 'feature_maps', height: mapSize, width: mapSize, stride, offset: 4 },
    temperature: 1,
    operatingPoints: null,
    outOfDistribution: null,
    data: { digest: '0'.repeat(64), images: 0, sources: [] },
    training: { code: 'test', backend: 'none', seed: network.seed, summary: 'random weights' },
    files: { 'model.onnx': createHash('sha256').update(onnx).digest('hex') },
  }
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'model.onnx'), onnx)
  writeFileSync(join(path, 'manifest.json'), JSON.stringify(manifest))
}
