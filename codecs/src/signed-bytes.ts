import type { ReducibleDecoder } from '@detl/core/image/codecs'

/** Where a bare JPEG 2000 codestream says the depth of its first component, and by the highest bit that it is signed (Ssiz, T.800 A.5.1). */
const SSIZ = 42

/**
 * `@cornerstonejs/codec-openjpeg` 1.3.6 and `codec-openjph` 2.4.11 give 0 for each negative sample of 8 bits and less. Such a stream is decoded as an unsigned one, which
 * differs by the level shift alone (T.800 G.1), and shifted back.
 */
export const withSignedBytes =
  (decode: ReducibleDecoder): ReducibleDecoder =>
  async (bytes, halvings) => {
    const depth = bytes[SSIZ] ?? 0
    const bits = (depth & 127) + 1
    if (depth < 128 || bits > 8) return decode(bytes, halvings)
    const { release, ...frame } = await decode(bytes.with(SSIZ, depth & 127), halvings)
    const data = Int16Array.from(frame.data, (sample) => sample - 2 ** (bits - 1))
    release?.()
    return { ...frame, data }
  }
