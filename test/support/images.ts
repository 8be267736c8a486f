import { encodePng } from '@detl/core/image/png-encode'
import { phantom } from '@detl/core/phantom/phantom'

/** A small synthetic chest as PNG; another seed, other bytes. */
export async function chestPng(seed = 1, side = 64): Promise<Uint8Array<ArrayBuffer>> {
  const { image } = phantom({ seed, width: side, height: side, lesions: [] })
  return encodePng({ ...image, data: image.data.map((value) => value << 4), channels: 1 })
}

/** A PNG of which only the header is there: it says how large it would be. */
export function pngHeader(width: number, height: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(33)
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52])
  const view = new DataView(bytes.buffer)
  view.setUint32(16, width)
  view.setUint32(20, height)
  bytes.set([8, 0], 24)
  return bytes
}
