import type { RuntimeCodecs } from '@detl/core/image/codecs'
import { type CodecSource, waveletCodec } from './heap-codec.ts'
import { jpegCodec } from './jpeg.ts'
import { withSignedBytes } from './signed-bytes.ts'

/** The codecs that are WebAssembly with a script around it, by the packages they come from. */
export type PackagedCodecName = 'openjpeg' | 'openjph'
export type WasmCodecName = PackagedCodecName | 'libjpeg-turbo' | 'raster'

/** All codecs, given how this runtime loads the WebAssembly ones. The others are plain scripts, imported when needed. */
export const composeCodecs = (
  source: (name: PackagedCodecName) => CodecSource,
  jpegModule: () => Promise<WebAssembly.Module>,
  raster: RuntimeCodecs['raster'],
): RuntimeCodecs => ({
  raster,
  jpeg: jpegCodec(jpegModule),
  jpegExtended: async (bytes) => (await import('./jpeg-extended.ts')).decodeJpegExtended(bytes),
  jpegLossless: async (bytes) => (await import('./jpeg-lossless.ts')).decodeJpegLossless(bytes),
  jpegLs: async (bytes) => (await import('./jpeg-ls.ts')).decodeJpegLs(bytes),
  jpeg2000: withSignedBytes(waveletCodec(source('openjpeg'), 'J2KDecoder')),
  htj2k: withSignedBytes(waveletCodec(source('openjph'), 'HTJ2KDecoder')),
})
