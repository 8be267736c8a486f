import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { wasmFiles } from '@detl/codecs/wasm-files'
import { build } from 'esbuild'

const root = resolve(import.meta.dirname, '../..')
const { resolve: resolveModule } = createRequire(resolve(root, 'codecs/src/x.js'))

/** One script for workerd or a page from an entry in TypeScript, resolved by that runtime's export conditions. */
export async function bundle(entry: string, runtime: 'workerd' | 'browser'): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: resolve(root, 'test/parity'), loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: runtime === 'workerd' ? ['workerd', 'worker', 'import'] : ['browser', 'import'],
    define: { __dirname: '"/"', __filename: '"/bundle.js"' },
    plugins: [
      {
        name: 'compiled-wasm',
        setup: ({ onResolve }) => {
          onResolve(
            { filter: /@cornerstonejs\/codec-.*\/(decode)?wasm$|@detl\/codecs\/.*\.wasm$/ },
            ({ path }) => {
              const [, { file }] = Object.entries(wasmFiles).find(([, { module }]) => module === path)!
              return { path: `./${file}`, external: true }
            },
          )
        },
      },
      {
        // Scripts that also run in Node ask for these on branches that are never taken here.
        name: 'without-node',
        setup: ({ onResolve, onLoad }) => {
          onResolve({ filter: /^(fs|path|crypto|zlib)$/ }, () => ({ path: 'nothing', namespace: 'nothing' }))
          onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: 'export default {}' }))
        },
      },
    ],
    logLevel: 'error',
  })
  return outputFiles[0]!.text
}

/** The codecs' WebAssembly by the names that the bundles ask for. */
export async function codecFiles(): Promise<{ file: string; contents: Uint8Array<ArrayBuffer> }[]> {
  const read = async ({ file, module }: { file: string; module: string }) => ({
    file,
    contents: new Uint8Array(await readFile(resolveModule(module))),
  })
  return Promise.all(Object.values(wasmFiles).map(read))
}
