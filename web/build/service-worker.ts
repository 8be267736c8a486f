import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Plugin, transformWithOxc } from 'vite'

const SOURCE = fileURLToPath(new URL('../service-worker/service-worker.ts', import.meta.url))
/** Loaded when the device first scores, and kept then: 14 to 16 MB each. */
const LATER = /(^|\/)(ort[-.]|model\/)/

/**
 * Writes service-worker.js with the list of the page's files and their digests. It stands beside the bundle rather than in
 * it: its bytes change with any file of the page, which is how a browser learns of a new version.
 */
export const serviceWorker = (): Plugin => ({
  name: 'detl:service-worker',
  apply: 'build',
  enforce: 'post',
  config: () => ({ define: { __SERVICE_WORKER__: 'true' } }),
  async generateBundle(_, bundle) {
    const files = Object.values(bundle)
      .filter(({ fileName }) => !LATER.test(fileName) && !fileName.endsWith('.map'))
      .map((file) => [
        file.fileName === 'index.html' ? '/' : `/${file.fileName}`,
        integrity(file.type === 'chunk' ? file.code : file.source),
      ])
    for (const file of ['icon.svg', 'manifest.webmanifest']) {
      files.push([`/${file}`, integrity(readFileSync(new URL(`../public/${file}`, import.meta.url)))])
    }
    const { code } = await transformWithOxc(readFileSync(SOURCE, 'utf8'), SOURCE)
    const list = JSON.stringify(Object.fromEntries(files.sort()))
    this.emitFile({ type: 'asset', fileName: 'service-worker.js', source: code.replace('__FILES__', list) })
  },
})

const integrity = (source: string | Uint8Array) =>
  `sha256-${createHash('sha256').update(source).digest('base64')}`
