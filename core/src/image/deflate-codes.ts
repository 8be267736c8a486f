/** The data are cut off or damaged here. */
export class NoMore extends Error {}

/** Codes of up to this many bits are found by one look-up. */
export const DIRECT_BITS = 10

/** A Huffman code of RFC 1951, section 3.2.2. */
export type Codes = {
  /** At the next `DIRECT_BITS` bits of the stream, the first of them lowest: symbol << 4 | length; 0 where the code is longer or there is none. */
  readonly direct: Uint16Array
  /** How many codes of each length there are, and all symbols in the order of their codes. */
  readonly counts: Uint16Array
  readonly symbols: Uint16Array
}

/**
 * The code that code lengths stand for.
 * @param lengths of each symbol, 0 for one that does not occur
 * @param incomplete what may be: a code of one symbol of one bit, or of none (zlib), or nothing but whole codes
 * @throws NoMore if they are too many of a length, or too few
 */
export function codesOf(lengths: Uint8Array, incomplete: 'single' | 'never'): Codes {
  const counts = new Uint16Array(16)
  for (const length of lengths) counts[length] = counts[length]! + 1
  const used = lengths.length - counts[0]!
  counts[0] = 0
  const offsets = new Uint16Array(17)
  let left = 1
  for (let length = 1; length < 16; length++) {
    left = 2 * left - counts[length]!
    if (left < 0) throw new NoMore()
    offsets[length + 1] = offsets[length]! + counts[length]!
  }
  const single = used === 0 || (used === 1 && counts[1] === 1)
  if (left > 0 && !(incomplete === 'single' && single)) throw new NoMore()
  const symbols = new Uint16Array(used)
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol]!
    if (length > 0) symbols[offsets[length]!++] = symbol
  }
  return { direct: directTable(counts, symbols), counts, symbols }
}

/**
 * A code that is longer than `DIRECT_BITS`, of at least 15 bits of the stream.
 * @returns symbol << 4 | length
 * @throws NoMore if there is none
 */
export function longCode({ counts, symbols }: Codes, bits: number): number {
  let code = 0
  let first = 0
  let index = 0
  for (let length = 1; length < 16; length++) {
    code |= (bits >>> (length - 1)) & 1
    const count = counts[length]!
    if (code - first < count) return (symbols[index + code - first]! << 4) | length
    index += count
    first = (first + count) << 1
    code <<= 1
  }
  throw new NoMore()
}

function directTable(counts: Uint16Array, symbols: Uint16Array): Uint16Array {
  const direct = new Uint16Array(2 ** DIRECT_BITS)
  let code = 0
  for (let length = 1, i = 0; length <= DIRECT_BITS; length++, code <<= 1) {
    for (let n = counts[length]!; n > 0; n--, i++, code++) {
      const entry = (symbols[i]! << 4) | length
      for (let at = reversed(code, length); at < direct.length; at += 1 << length) direct[at] = entry
    }
  }
  return direct
}

function reversed(code: number, length: number): number {
  let out = 0
  for (let i = 0; i < length; i++) out |= ((code >> i) & 1) << (length - 1 - i)
  return out
}

/** The lengths of a dynamic block's code lengths come in this order (section 3.2.7). */
export const ORDER = Uint8Array.of(16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)

/** Symbols 257 … 285: smallest length and how many bits are added to it. */
export const LENGTH_BASE = Uint16Array.of(
  ...[3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163],
  ...[195, 227, 258],
)
export const LENGTH_EXTRA = Uint8Array.of(
  ...[0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0],
)
/** Symbols 0 … 29: the same for distances. */
export const DISTANCE_EXTRA = Uint8Array.from({ length: 30 }, (_, i) => Math.max(0, (i >> 1) - 1))
export const DISTANCE_BASE = Uint16Array.from({ length: 30 }, (_, i) =>
  i < 2 ? i + 1 : ((2 + (i & 1)) << ((i >> 1) - 1)) + 1,
)

/** The code of fixed blocks (section 3.2.6). */
export const FIXED = {
  literals: codesOf(
    Uint8Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)),
    'never',
  ),
  distances: codesOf(new Uint8Array(32).fill(5), 'never'),
}
