import type { GrayImage } from '@detl/core/image/gray-image'
import { AreaReducer } from '@detl/core/preprocess/area-reducer'

/**
 * Difference hash: 64 bits that say where a 9 × 8 reduction of the picture grows brighter from left to right. Copies in
 * another size, format or exposure differ in a few bits (Krawetz 2013).
 */
function differenceHash({ width, height, data }: GrayImage): bigint {
  const [columns, rows] = [9, 8]
  const reducer = new AreaReducer({ width, height }, { width: columns, height: rows })
  for (let y = 0; y < height; y++) reducer.push(data, y * width)
  const means = reducer.out
  let hash = 0n
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c + 1 < columns; c++) {
      const at = r * columns + c
      hash = (hash << 1n) | (means[at + 1]! > means[at]! ? 1n : 0n)
    }
  }
  return hash
}

/** What a picture is recognised by: a hash that rules most others out, and a thumbnail that decides. */
export type Fingerprint = {
  hash: bigint
  /** [32·32], each cell beside its neighbourhood; mean 0, length 1 */
  thumbnail: Float32Array
}

const SIDE = 32
/** Cells on each side that a cell is compared with. */
const REACH = 3
const FULL_SCALE = 65535
/** Added to the spread of a neighbourhood, as a share of full scale: flat background is not blown up to noise. */
const FLOOR = 0.001

export function fingerprint(image: GrayImage): Fingerprint {
  const { width, height, bits, data } = image
  const reducer = new AreaReducer({ width, height }, { width: SIDE, height: SIDE })
  for (let y = 0; y < height; y++) reducer.push(data, y * width)
  const cells = reducer.out
  const floor = FLOOR * (FULL_SCALE >> (16 - bits))
  const local = new Float32Array(SIDE * SIDE)
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const { mean, spread } = neighbourhood(cells, x, y)
      local[y * SIDE + x] = (cells[y * SIDE + x]! - mean) / (spread + floor)
    }
  }
  const mean = local.reduce((a, b) => a + b, 0) / local.length
  const length = Math.sqrt(local.reduce((a, b) => a + (b - mean) ** 2, 0))
  return {
    hash: differenceHash(image),
    thumbnail: local.map((v) => (length > 0 ? (v - mean) / length : 0)),
  }
}

function neighbourhood(cells: ArrayLike<number>, x: number, y: number): { mean: number; spread: number } {
  let [sum, squares, n] = [0, 0, 0]
  for (let v = Math.max(0, y - REACH); v <= Math.min(SIDE - 1, y + REACH); v++) {
    for (let u = Math.max(0, x - REACH); u <= Math.min(SIDE - 1, x + REACH); u++, n++) {
      const cell = cells[v * SIDE + u]!
      sum += cell
      squares += cell * cell
    }
  }
  const mean = sum / n
  return { mean, spread: Math.sqrt(Math.max(0, squares / n - mean * mean)) }
}

/** Copies at half the size with another gamma differ in 3 bits at most; unrelated chests often in as few. */
const CANDIDATE_BITS = 6
/** Of 8.6 million pairs of real chest X-rays, copies correlate above 0.98 and images of two patients below 0.87. */
const SAME_PICTURE = 0.92

/** Pairs of indices that show one picture, in another size, format or exposure. Crops and turned copies are not found. */
export function nearDuplicates(prints: readonly Fingerprint[]): [number, number][] {
  const halves = prints.map(({ hash: h }) => [Number(h >> 32n) | 0, Number(h & 0xffffffffn) | 0] as const)
  const pairs: [number, number][] = []
  for (let a = 0; a < halves.length; a++) {
    const [highA, lowA] = halves[a]!
    for (let b = a + 1; b < halves.length; b++) {
      const high = ones(highA ^ halves[b]![0])
      if (high > CANDIDATE_BITS || high + ones(lowA ^ halves[b]![1]) > CANDIDATE_BITS) continue
      if (correlation(prints[a]!.thumbnail, prints[b]!.thumbnail) >= SAME_PICTURE) pairs.push([a, b])
    }
  }
  return pairs
}

function correlation(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

function ones(v: number): number {
  let n = v - ((v >>> 1) & 0x55555555)
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
