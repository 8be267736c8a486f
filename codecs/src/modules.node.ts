import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Codecs } from '@detl/core/image/codecs'
import { type CodecSource, type EmscriptenFactory, heapCodec } from './emscripten.ts'

const require = createRequire(import.meta.url)

const fromPackage = (name: string, script: string, wasm: string): CodecSource => ({
  factory: async () => require(`${name}/${script}`) as EmscriptenFactory,
  module: async () => WebAssembly.compile(await readFile(require.resolve(`${name}/${wasm}`))),
})

/** The codecs in Node: WebAssembly files are read from the packages when they are first needed. */
export const codecs: Codecs = {
  jpeg: heapCodec(
    fromPackage('@cornerstonejs/codec-libjpeg-turbo-8bit', 'decodewasmjs', 'decodewasm'),
    'JPEGDecoder',
  ),
}
