import type { Codecs } from '@detl/core/image/codecs'
import { type CodecSource, heapCodec } from './emscripten.ts'

/**
 * The codecs in a page. Their WebAssembly files lie beside the bundled script, under the names of `wasmFiles`
 * (`wasm-files.ts`): whoever bundles the page copies them there.
 */
export const codecs: Codecs = {
  jpeg: heapCodec(
    {
      factory: async () => (await import('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs')).default,
      module: fetched('libjpegturbowasm_decode.wasm'),
    },
    'JPEGDecoder',
  ),
}

function fetched(file: string): CodecSource['module'] {
  return () => WebAssembly.compileStreaming(fetch(new URL(`./${file}`, import.meta.url)))
}
