import type { WasmCodecName } from './compose.ts'

/** The codecs' WebAssembly for a page: the file's name beside the bundle, and the module that it is copied from. */
export const wasmFiles: Record<WasmCodecName, { readonly file: string; readonly module: string }> = {
  'libjpeg-turbo-8bit': {
    file: 'libjpeg-turbo-8bit.wasm',
    module: '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm',
  },
  openjpeg: { file: 'openjpeg.wasm', module: '@cornerstonejs/codec-openjpeg/decodewasm' },
  openjph: { file: 'openjph.wasm', module: '@cornerstonejs/codec-openjph/wasm' },
}
