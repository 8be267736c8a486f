import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DEFAULT_MODEL } from '@detl/core/model/default-model'
import type { Plugin } from 'vite'

const MODELS = fileURLToPath(new URL('../../models/', import.meta.url))
const ALWAYS = ['manifest.json', 'model.onnx']
/** Beside `model.onnx` where the manifest names it: what WebAssembly may run in its place. */
const INT8 = 'model.int8.onnx'
/** What Workers' static assets take: 25 MiB a file. */
const LARGEST = 25 * 2 ** 20

/**
 * Lays the model beside the page, for scoring on the device, and tells the page the manifest's digest; the manifest
 * in turn holds those of its files. Without a model, or with one that is too large, the page is built without that choice.
 * @param name of a folder in models/, or a folder anywhere
 */
export function modelFiles(name = process.env.DETL_MODEL ?? DEFAULT_MODEL): Plugin {
  const path = (file: string) => join(resolve(MODELS, name), file)
  const text = existsSync(path('manifest.json')) ? readFileSync(path('manifest.json')) : undefined
  const named = text && (JSON.parse(text.toString('utf8')) as { files: Record<string, string> }).files[INT8]
  const files = named ? [...ALWAYS, INT8] : ALWAYS
  const missing = files.find((file) => !existsSync(path(file)))
  const large = files.find((file) => !missing && statSync(path(file)).size > LARGEST)
  const digest = text && !missing && !large ? createHash('sha256').update(text).digest('hex') : null
  return {
    name: 'detl:model-files',
    config: () => ({ define: { __MODEL_MANIFEST_SHA256__: JSON.stringify(digest) } }),
    generateBundle() {
      if (!digest) {
        const why = missing
          ? `${path(missing)} is missing`
          : `${path(large!)} has more than the ${LARGEST / 2 ** 20} MiB that a static asset may have`
        this.warn(
          `${why}: the page is built without scoring on the device, and the edge has no model of its own`,
        )
        return
      }
      for (const file of files)
        this.emitFile({ type: 'asset', fileName: `model/${file}`, source: readFileSync(path(file)) })
    },
  }
}
