import { joinBytes } from '../base/join-bytes.ts'

/**
 * Raw samples → PNG: grey of 8 or 16 bits, or RGB of 8 bits. Rows are filtered by "up", which suits smooth images and
 * costs one pass.
 * @param image `data` has width × height samples, × 3 for RGB; a Uint16Array gives 16 bits.
 */
export async function encodePng(image: {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array
}): Promise<Uint8Array<ArrayBuffer>> {
  const { width, height, channels, data } = image
  if (data.length !== width * height * channels)
    throw new RangeError('the number of samples does not fit the size')
  const wide = data instanceof Uint16Array
  if (wide && channels !== 1) throw new RangeError('16 bits are written for grey only')
  const header = new Uint8Array(13)
  const view = new DataView(header.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  header[8] = wide ? 16 : 8
  header[9] = channels === 3 ? 2 : 0
  const body = await deflateRows(bigEndian(data), height)
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
  return joinBytes([signature, chunk('IHDR', header), chunk('IDAT', body), chunk('IEND', new Uint8Array(0))])
}

/** Rows of samples as PNG's data have them: each filtered by "up", all of them a zlib stream. */
export const deflateRows = (
  bytes: Uint8Array | Uint8ClampedArray,
  height: number,
): Promise<Uint8Array<ArrayBuffer>> => deflate(filterRows(bytes, height))

function bigEndian(data: Uint8Array | Uint8ClampedArray | Uint16Array): Uint8Array | Uint8ClampedArray {
  if (!(data instanceof Uint16Array)) return data
  const out = new Uint8Array(2 * data.length)
  for (let i = 0; i < data.length; i++) {
    out[2 * i] = data[i]! >> 8
    out[2 * i + 1] = data[i]! & 255
  }
  return out
}

/** Filter type 2 on every row: the difference to the byte above. */
function filterRows(bytes: Uint8Array | Uint8ClampedArray, height: number): Uint8Array<ArrayBuffer> {
  const stride = bytes.length / height
  const out = new Uint8Array(bytes.length + height)
  for (let y = 0; y < height; y++) {
    const to = y * (stride + 1)
    out[to] = 2
    for (let x = 0, p = y * stride; x < stride; x++, p++) {
      out[to + 1 + x] = bytes[p]! - (y > 0 ? bytes[p - stride]! : 0)
    }
  }
  return out
}

async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new CompressionStream('deflate')
  const writer = stream.writable.getWriter()
  const reader = stream.readable.getReader()
  const written = writer.write(bytes).then(() => writer.close())
  const pieces: Uint8Array[] = []
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    pieces.push(value)
  }
  await written
  return joinBytes(pieces)
}

function chunk(name: string, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + body.length)
  const view = new DataView(out.buffer)
  view.setUint32(0, body.length)
  for (let i = 0; i < 4; i++) out[4 + i] = name.charCodeAt(i)
  out.set(body, 8)
  view.setUint32(8 + body.length, crc32(out.subarray(4, 8 + body.length)))
  return out
}

/** CRC-32 of the PNG specification, annex D. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c >>> 0
})
