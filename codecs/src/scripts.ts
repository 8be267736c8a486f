import type { WasmCodecName } from './compose.ts'
import type { CodecSource } from './heap-codec.ts'

/** The codecs' scripts, each a chunk of its own where a bundler splits at dynamic imports. */
export const scripts: Record<WasmCodecName, CodecSource['factory']> = {
  'libjpeg-turbo-8bit': async () =>
    (await import('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs')).default,
  openjpeg: async () => (await import('@cornerstonejs/codec-openjpeg/decodewasmjs')).default,
  openjph: async () => (await import('@cornerstonejs/codec-openjph/wasmjs')).default,
}
