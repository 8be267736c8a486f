import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { wasmFiles } from '@detl/codecs/wasm-files'
import type { Plugin } from 'vite'

// The codec packages are dependencies of @detl/codecs: resolved from there.
const { resolve } = createRequire(fileURLToPath(import.meta.resolve('@detl/codecs/wasm-files')))
const NOTHING = '\0detl:nothing'

/** Lays the codecs' WebAssembly beside the scripts, under the names that `codecs/src/modules.browser.ts` asks for. */
export const codecFiles = (): Plugin => ({
  name: 'detl:codec-files',
  apply: 'build',
  async generateBundle() {
    for (const { file, module } of Object.values(wasmFiles)) {
      this.emitFile({ type: 'asset', fileName: `assets/${file}`, source: await readFile(resolve(module)) })
    }
  },
})

/** Emscripten's loaders ask for Node's modules on a branch that a page never takes: they get an empty one. */
export const withoutNode = (): Plugin => ({
  name: 'detl:without-node',
  enforce: 'pre',
  resolveId: { filter: { id: /^(fs|path|crypto|module|url|worker_threads)$/ }, handler: () => NOTHING },
  load: { filter: { id: new RegExp(NOTHING) }, handler: () => 'export default {}' },
})
