import type { GrayImage } from '@detl/core/image/gray-image'
import { AreaReducer } from '@detl/core/preprocess/area-reducer'

/**
 * Difference hash: 64 bits that say where a 9 × 8 reduction of the picture grows brighter from left to right. Copies in
 * another size, format or exposure differ in a few bits (Krawetz 2013).
 */
export function differenceHash({ width, height, data }: GrayImage): bigint {
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

/** Chest X-rays all look alike to 64 bits: beyond 2, unrelated patients begin to match. */
const SAME_PICTURE_BITS = 2

/** Pairs of indices whose hashes differ in at most `bits` bits. */
export function nearDuplicates(hashes: readonly bigint[], bits = SAME_PICTURE_BITS): [number, number][] {
  const halves = hashes.map((h) => [Number(h >> 32n) | 0, Number(h & 0xffffffffn) | 0] as const)
  const pairs: [number, number][] = []
  for (let a = 0; a < halves.length; a++) {
    for (let b = a + 1; b < halves.length; b++) {
      const high = ones(halves[a]![0] ^ halves[b]![0])
      if (high <= bits && high + ones(halves[a]![1] ^ halves[b]![1]) <= bits) pairs.push([a, b])
    }
  }
  return pairs
}

function ones(v: number): number {
  let n = v - ((v >>> 1) & 0x55555555)
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/** Joins what shares a key or is a near-duplicate: the group of each item, named by its smallest index. */
export function joinGroups(keys: readonly string[], pairs: readonly (readonly [number, number])[]): number[] {
  const parent = keys.map((_, i) => i)
  const root = (i: number): number => {
    let r = i
    while (parent[r] !== r) r = parent[r]!
    parent[i] = r
    return r
  }
  const join = (a: number, b: number) => {
    const [ra, rb] = [root(a), root(b)]
    parent[Math.max(ra, rb)] = Math.min(ra, rb)
  }
  const first = new Map<string, number>()
  for (const [i, key] of keys.entries()) {
    const seen = first.get(key)
    if (seen === undefined) first.set(key, i)
    else join(seen, i)
  }
  for (const [a, b] of pairs) join(a, b)
  return keys.map((_, i) => root(i))
}
