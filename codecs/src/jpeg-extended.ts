import type { DecodedFrame } from '@detl/core/image/codecs'
import { type JpegTables, readJpegTables } from './jpeg-stream.ts'

/**
 * JPEG baseline and extended sequential, Huffman coded, of up to 12 bits (ITU-T T.81 processes 1, 2 and 4); one component.
 * The inverse transform is separable float64 from + − × only: the same bits in every runtime, and within one level
 * of any decoder that meets T.83.
 * @throws on damaged or truncated data
 */
export function decodeJpegExtended(bytes: Uint8Array): DecodedFrame {
  const tables = readJpegTables(bytes)
  const { width, height, bits, huffman, quantisation, quantisationOfComponent, restartInterval, scan } =
    tables
  const [dc, ac, steps] = [huffman[scan.dc], huffman[scan.ac], quantisation[quantisationOfComponent]]
  if (dc === undefined || ac === undefined || steps === undefined || bits > 12)
    throw new Error('a table is missing')
  const across = Math.ceil(width / 8)
  const blocks = across * Math.ceil(height / 8)
  const data = new Uint16Array(width * height)
  const coefficients = new Float64Array(64)
  const samples = new Float64Array(64)
  let predicted = 0
  for (let block = 0; block < blocks; block++) {
    if (restartInterval > 0 && block > 0 && block % restartInterval === 0) {
      tables.reader.restart()
      predicted = 0
    }
    predicted = readBlock(tables, { dc, ac, steps }, predicted, coefficients)
    inverseTransform(coefficients, samples)
    const left = (block % across) * 8
    const top = Math.floor(block / across) * 8
    store(samples, data, left, top, width, height, bits)
  }
  return { width, height, components: 1, bits, data }
}

type BlockTables = { readonly dc: Uint16Array; readonly ac: Uint16Array; readonly steps: Uint16Array }

/** One block, dequantised, in natural order (F.2.2). @returns its DC value, before dequantisation */
function readBlock(
  { reader }: JpegTables,
  { dc, ac, steps }: BlockTables,
  predicted: number,
  out: Float64Array,
): number {
  out.fill(0)
  const size = reader.symbol(dc)
  if (size > 15) throw new Error('a DC difference is too large')
  const value = predicted + reader.signed(size)
  out[0] = value * steps[0]!
  for (let k = 1; k < 64; k++) {
    const symbol = reader.symbol(ac)
    const length = symbol & 15
    if (length === 0) {
      if (symbol !== 0xf0) break
      k += 15
      continue
    }
    k += symbol >> 4
    if (k > 63) throw new Error('a block has too many coefficients')
    out[ZIGZAG[k]!] = reader.signed(length) * steps[k]!
  }
  return value
}

/** IDCT of A.3.3, columns then rows. */
function inverseTransform(coefficients: Float64Array, out: Float64Array): void {
  for (let v = 0; v < 8; v++) {
    for (let x = 0; x < 8; x++) {
      let sum = 0
      for (let u = 0; u < 8; u++) sum += BASIS[u * 8 + x]! * coefficients[v * 8 + u]!
      scratch[v * 8 + x] = sum
    }
  }
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) {
      let sum = 0
      for (let v = 0; v < 8; v++) sum += BASIS[v * 8 + y]! * scratch[v * 8 + x]!
      out[y * 8 + x] = sum
    }
  }
}

const scratch = new Float64Array(64)

function store(
  samples: Float64Array,
  data: Uint16Array,
  left: number,
  top: number,
  width: number,
  height: number,
  bits: number,
): void {
  const middle = 2 ** (bits - 1)
  const most = 2 ** bits - 1
  const columns = Math.min(8, width - left)
  for (let y = 0; y < 8 && top + y < height; y++) {
    for (let x = 0; x < columns; x++) {
      data[(top + y) * width + left + x] = Math.min(
        most,
        Math.max(0, Math.round(samples[y * 8 + x]! + middle)),
      )
    }
  }
}

/** cos(kπ/16), k = 0 … 8, as literals: Math.cos may differ in its last bit from one engine to another. */
const COSINES = [
  1,
  0.9807852804032304,
  0.9238795325112867,
  0.8314696123025452,
  Math.SQRT1_2,
  0.5555702330196022,
  0.3826834323650898,
  0.19509032201612825,
  0,
]

/** BASIS[u·8 + x] = C(u)/2 · cos((2x + 1)uπ/16), with C(0) = 1/√2. */
const BASIS = Float64Array.from({ length: 64 }, (_, i) => {
  const u = i >> 3
  const k = ((2 * (i & 7) + 1) * u) % 32
  const folded = k > 16 ? 32 - k : k
  const cosine = folded > 8 ? -COSINES[16 - folded]! : COSINES[folded]!
  return (u === 0 ? COSINES[4]! : 1) * 0.5 * cosine
})

/** Zigzag index → natural index (T.81 figure A.6). */
const ZIGZAG = Uint8Array.from([
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46,
  53, 60, 61, 54, 47, 55, 62, 63,
])
