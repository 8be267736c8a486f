import { rasterOf } from './raster.ts'

/** The raster in workerd: its WebAssembly comes precompiled with the Worker. */
export const raster = rasterOf(async () => (await import('@detl/codecs/raster.wasm')).default)
