import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Plugin, transformWithOxc } from 'vite'

const SOURCE = fileURLToPath(new URL('../service-worker/service-worker.ts', import.meta.url))
/** Not of the page: kept when it is asked to, or when the device first scores; 14 to 16 MB each. */
const LATER = /(^|\/)(ort[-.]|model\/|reference\/)/

/**
 * Writes service-worker.js with the list of the page's files and their digests. It stands beside the bundle rather than in
 * it: its bytes change with any file of the page, which is how a browser learns of a new version.
 */
export const serviceWorker = (): Plugin => ({
  name: 'detl:service-worker',
  apply: 'build',
  enforce: 'post',
  config: () => ({ define: { __SERVICE_WORKER__: 'true' } }),
  generateBundle: {
    order: 'post', // Vite itself still writes what a chunk loads beside it into its code here
    async handler(_, bundle) {
      const built = Object.values(bundle).filter(({ fileName }) => !fileName.endsWith('.map'))
      const entries = (wanted: (name: string) => boolean) =>
        built
          .filter(({ fileName }) => wanted(fileName))
          .map((file) => [
            file.fileName === 'index.html' ? '/' : `/${file.fileName}`,
            integrity(file.type === 'chunk' ? file.code : file.source),
          ])
      const files = entries((name) => !LATER.test(name))
      const runtime = entries((name) => LATER.test(name) && name.startsWith('assets/'))
      for (const file of ['icon.svg', 'manifest.webmanifest']) {
        files.push([`/${file}`, integrity(readFileSync(new URL(`../public/${file}`, import.meta.url)))])
      }
      const { code } = await transformWithOxc(readFileSync(SOURCE, 'utf8'), SOURCE)
      const list = (entries: string[][]) => JSON.stringify(Object.fromEntries(entries.sort()))
      const source = code.replace('__FILES__', list(files)).replace('__RUNTIME__', list(runtime))
      this.emitFile({ type: 'asset', fileName: 'service-worker.js', source })
    },
  },
})

const integrity = (source: string | Uint8Array) =>
  `sha256-${createHash('sha256').update(source).digest('base64')}`
