import { composeCodecs, type WasmCodecName } from './compose.ts'
import { KEPT_HEAP_BYTES } from './heap-codec.ts'
import { rasterOf } from './raster.ts'
import { scripts } from './scripts.ts'
import { wasmFiles } from './wasm-files.ts'

/**
 * The codecs in a page. Their WebAssembly lies beside the bundled script, under the names of `wasmFiles`:
 * whoever bundles the page copies it there.
 */
export const codecs = composeCodecs(
  (name) => ({ factory: scripts[name], module: () => compile(name), keptHeapBytes: KEPT_HEAP_BYTES }),
  () => compile('libjpeg-turbo'),
  rasterOf(() => compile('raster')),
)

const compile = (name: WasmCodecName) =>
  WebAssembly.compileStreaming(
    fetch(new URL(/* @vite-ignore */ `./${wasmFiles[name].file}`, import.meta.url)),
  )
