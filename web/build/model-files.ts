import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

const MODELS = fileURLToPath(new URL('../../models/', import.meta.url))
const FILES = ['manifest.json', 'model.onnx'] as const
/** What Workers' static assets take: 25 MiB a file. */
const LARGEST = 25 * 2 ** 20

/**
 * Lays the model beside the page, for scoring on the device, and tells the page the manifest's digest; the manifest
 * in turn holds the model's. Without a model the page is built without that choice.
 */
export function modelFiles(name = process.env.DETL_MODEL ?? 'detl-128'): Plugin {
  const path = (file: string) => join(MODELS, name, file)
  const found = FILES.every((file) => existsSync(path(file)))
  const digest = found
    ? createHash('sha256')
        .update(readFileSync(path('manifest.json')))
        .digest('hex')
    : null
  return {
    name: 'detl:model-files',
    config: () => ({ define: { __MODEL_MANIFEST_SHA256__: JSON.stringify(digest) } }),
    generateBundle() {
      if (!found) {
        this.warn(`no model in models/${name}: the page is built without scoring on the device`)
        return
      }
      for (const file of FILES) {
        const source = readFileSync(path(file))
        if (source.length > LARGEST) this.error(`${file} has ${source.length} bytes; assets take ${LARGEST}`)
        this.emitFile({ type: 'asset', fileName: `model/${file}`, source })
      }
    },
  }
}
