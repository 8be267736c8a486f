import type { Codecs } from '@detl/core/image/codecs'
import { heapCodec } from './emscripten.ts'

/** The codecs in workerd: WebAssembly comes precompiled with the Worker (rule CompiledWasm in wrangler.toml). */
export const codecs: Codecs = {
  jpeg: heapCodec(
    {
      factory: async () => (await import('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs')).default,
      module: async () => (await import('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm')).default,
    },
    'JPEGDecoder',
  ),
}
