import type { WasmCodecName } from './compose.ts'

/** The codecs' WebAssembly for a page: the file's name beside the bundle, and the module that it is copied from. */
export const wasmFiles: Record<WasmCodecName, { readonly file: string; readonly module: string }> = {
  'libjpeg-turbo': { file: 'libjpeg-turbo.wasm', module: '@detl/codecs/libjpeg-turbo.wasm' },
  raster: { file: 'raster.wasm', module: '@detl/codecs/raster.wasm' },
  openjpeg: { file: 'openjpeg.wasm', module: '@cornerstonejs/codec-openjpeg/decodewasm' },
  openjph: { file: 'openjph.wasm', module: '@cornerstonejs/codec-openjph/wasm' },
}
