import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Plugin } from 'vite'

const { resolve } = createRequire(import.meta.url)
/** Folder of the page's files for GET /v1/docs; nothing of the page itself loads them. */
const REFERENCE = 'reference/'

/** Lays Swagger UI beside the page, for the endpoint's reference. */
export const referenceFiles = (): Plugin => ({
  name: 'detl:reference-files',
  apply: 'build',
  async generateBundle() {
    for (const file of ['swagger-ui-bundle.js', 'swagger-ui.css']) {
      const source = await readFile(resolve(`swagger-ui-dist/${file}`))
      this.emitFile({ type: 'asset', fileName: REFERENCE + file, source })
    }
  },
})
