import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { composeCodecs, type WasmCodecName } from './compose.ts'
import type { EmscriptenFactory } from './heap-codec.ts'

const require = createRequire(import.meta.url)

/** Script and WebAssembly of each codec, as its package exports them. */
const FILES: Record<WasmCodecName, readonly [script: string, wasm: string]> = {
  'libjpeg-turbo-8bit': ['decodewasmjs', 'decodewasm'],
  openjpeg: ['decodewasmjs', 'decodewasm'],
  openjph: ['wasmjs', 'wasm'],
}

/** The codecs in Node: WebAssembly files are read from the packages when they are first needed. */
export const codecs = composeCodecs((name) => {
  const [script, wasm] = FILES[name].map((file) => `@cornerstonejs/codec-${name}/${file}`) as [string, string]
  return {
    factory: async () => require(script) as EmscriptenFactory,
    module: async () => WebAssembly.compile(await readFile(require.resolve(wasm))),
  }
})
