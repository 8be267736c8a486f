import { composeCodecs, type PackagedCodecName } from './compose.ts'
import type { CodecSource } from './heap-codec.ts'
import { raster } from './raster.workerd.ts'
import { scripts } from './scripts.ts'

const modules: Record<PackagedCodecName, CodecSource['module']> = {
  openjpeg: async () => (await import('@cornerstonejs/codec-openjpeg/decodewasm')).default,
  openjph: async () => (await import('@cornerstonejs/codec-openjph/wasm')).default,
}

/** The codecs in workerd: WebAssembly comes precompiled with the Worker (rule CompiledWasm in wrangler.toml). */
export const codecs = composeCodecs(
  // A Worker has 128 MB for all that it does: two such heaps and a large PNG after them are more.
  (name) => ({ factory: scripts[name], module: modules[name], keptHeapBytes: 0 }),
  async () => (await import('@detl/codecs/libjpeg-turbo.wasm')).default,
  raster,
)
