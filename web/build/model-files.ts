import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

const MODELS = fileURLToPath(new URL('../../models/', import.meta.url))
const FILES = ['manifest.json', 'model.onnx'] as const
/** What Workers' static assets take: 25 MiB a file. */
const LARGEST = 25 * 2 ** 20

/**
 * Lays the model beside the page, for scoring on the device, and tells the page the manifest's digest; the manifest
 * in turn holds the model's. Without a model, or with one that is too large, the page is built without that choice.
 * @param name of a folder in models/, or a folder anywhere
 */
export function modelFiles(name = process.env.DETL_MODEL ?? 'detl-128'): Plugin {
  const path = (file: string) => join(resolve(MODELS, name), file)
  const missing = FILES.find((file) => !existsSync(path(file)))
  const large = FILES.find((file) => !missing && statSync(path(file)).size > LARGEST)
  const digest =
    !missing && !large
      ? createHash('sha256')
          .update(readFileSync(path('manifest.json')))
          .digest('hex')
      : null
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
      for (const file of FILES)
        this.emitFile({ type: 'asset', fileName: `model/${file}`, source: readFileSync(path(file)) })
    },
  }
}
