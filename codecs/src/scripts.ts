import type { PackagedCodecName } from './compose.ts'
import type { CodecSource } from './heap-codec.ts'

/** The codecs' scripts, each a chunk of its own where a bundler splits at dynamic imports. */
export const scripts: Record<PackagedCodecName, CodecSource['factory']> = {
  openjpeg: async () => (await import('@cornerstonejs/codec-openjpeg/decodewasmjs')).default,
  openjph: async () => (await import('@cornerstonejs/codec-openjph/wasmjs')).default,
}
