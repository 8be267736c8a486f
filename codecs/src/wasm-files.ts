/** File beside the page's bundle → where it comes from. */
export const wasmFiles = {
  'libjpegturbowasm_decode.wasm': '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm',
} as const
