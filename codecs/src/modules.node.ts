import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { composeCodecs, type PackagedCodecName } from './compose.ts'
import { type EmscriptenFactory, KEPT_HEAP_BYTES } from './heap-codec.ts'
import { rasterOf } from './raster.ts'
import { wasmFiles } from './wasm-files.ts'

const require = createRequire(import.meta.url)

/** Script and WebAssembly of each codec, as its package exports them. */
const FILES: Record<PackagedCodecName, readonly [script: string, wasm: string]> = {
  openjpeg: ['decodewasmjs', 'decodewasm'],
  openjph: ['wasmjs', 'wasm'],
}

/** The codecs in Node. */
export const codecs = composeCodecs(
  (name) => {
    const [script, wasm] = FILES[name].map((file) => `@cornerstonejs/codec-${name}/${file}`) as [
      string,
      string,
    ]
    return {
      factory: async () => require(script) as EmscriptenFactory,
      module: () => compile(require.resolve(wasm)),
      keptHeapBytes: KEPT_HEAP_BYTES,
    }
  },
  () => compile(require.resolve(wasmFiles['libjpeg-turbo'].module)),
  rasterOf(() => compile(require.resolve(wasmFiles.raster.module))),
)

const compile = async (path: string) => WebAssembly.compile(await readFile(path))
