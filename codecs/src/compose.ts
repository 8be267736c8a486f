import type { Codecs } from '@detl/core/image/codecs'
import { type CodecSource, heapCodec, waveletCodec } from './heap-codec.ts'

/** The codecs that are WebAssembly, by the packages they come from. */
export type WasmCodecName = 'libjpeg-turbo-8bit' | 'openjpeg' | 'openjph'

/** All codecs, given how this runtime loads the WebAssembly ones. The others are plain scripts, imported when needed. */
export const composeCodecs = (source: (name: WasmCodecName) => CodecSource): Codecs => ({
  jpeg: heapCodec(source('libjpeg-turbo-8bit'), 'JPEGDecoder'),
  jpegCmyk: async (bytes) => (await import('./jpeg-cmyk.ts')).decodeJpegCmyk(bytes),
  jpegExtended: async (bytes) => (await import('./jpeg-extended.ts')).decodeJpegExtended(bytes),
  jpegLossless: async (bytes) => (await import('./jpeg-lossless.ts')).decodeJpegLossless(bytes),
  jpegLs: async (bytes) => (await import('./jpeg-ls.ts')).decodeJpegLs(bytes),
  jpeg2000: waveletCodec(source('openjpeg'), 'J2KDecoder'),
  htj2k: waveletCodec(source('openjph'), 'HTJ2KDecoder'),
})
