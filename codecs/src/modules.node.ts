import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { inflateSync } from 'node:zlib'
import type { RuntimeCodecs } from '@detl/core/image/codecs'
import { composeCodecs, type PackagedCodecName } from './compose.ts'
import type { EmscriptenFactory } from './heap-codec.ts'
import { wasmFiles } from './wasm-files.ts'

const require = createRequire(import.meta.url)

/** Script and WebAssembly of each codec, as its package exports them. */
const FILES: Record<PackagedCodecName, readonly [script: string, wasm: string]> = {
  openjpeg: ['decodewasmjs', 'decodewasm'],
  openjph: ['wasmjs', 'wasm'],
}

/** WebAssembly and scripts: WebAssembly files are read from the packages when they are first needed. */
const composed = composeCodecs(
  (name) => {
    const [script, wasm] = FILES[name].map((file) => `@cornerstonejs/codec-${name}/${file}`) as [
      string,
      string,
    ]
    return {
      factory: async () => require(script) as EmscriptenFactory,
      module: () => compile(require.resolve(wasm)),
    }
  },
  () => compile(require.resolve(wasmFiles['libjpeg-turbo'].module)),
)

const compile = async (path: string) => WebAssembly.compile(await readFile(path))

/** The codecs in Node. */
export const codecs: RuntimeCodecs = {
  ...composed,
  // A stream of the web's kind over zlib takes half as long again as zlib itself.
  inflate: (compressed, most) => {
    const whole = compressed.length === 1 ? compressed[0]! : Buffer.concat(compressed)
    return inflateSync(whole, { maxOutputLength: most, chunkSize: Math.max(64, most) })
  },
}
