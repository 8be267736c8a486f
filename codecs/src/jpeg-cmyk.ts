import type { DecodedFrame } from '@detl/core/image/codecs'
import { decode } from 'jpeg-js'

/** JPEG of four components (CMYK, or Adobe's YCCK) → RGB: libjpeg-turbo's build for the web has no such output. */
export function decodeJpegCmyk(bytes: Uint8Array): DecodedFrame {
  // The limits were checked on the header; these are beyond them.
  const limits = { maxResolutionInMP: 200, maxMemoryUsageInMB: 1024 }
  const { width, height, data } = decode(bytes, { useTArray: true, formatAsRGBA: false, ...limits })
  return { width, height, components: 3, bits: 8, data }
}
