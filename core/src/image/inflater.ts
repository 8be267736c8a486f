import { type Codes, DIRECT_BITS, type InflateInput, longCode, NoMore } from './inflate-input.ts'

const WINDOW = 32_768
const PIECE = 1 << 17
const DIRECT_MASK = 2 ** DIRECT_BITS - 1

/** How inflating ended: with the last block, because it was told to stop, or where the data are cut off or damaged. */
export type InflateEnd = 'whole' | 'stopped' | 'early'

/**
 * A raw deflate stream (RFC 1951), given out in pieces; as strict about codes and distances as zlib. Each step takes a bit or
 * gives a byte: its time is bounded by both.
 */
export class Inflater {
  private readonly input: InflateInput
  private readonly onPiece: (piece: Uint8Array) => boolean
  /** The last 32 KB that were given out, and what comes next. */
  private readonly out = new Uint8Array(WINDOW + PIECE + 258)
  private filled = 0
  private given = 0

  /** @param onPiece a piece is valid during the call; false stops */
  constructor(input: InflateInput, onPiece: (piece: Uint8Array) => boolean) {
    this.input = input
    this.onPiece = onPiece
  }

  run(): InflateEnd {
    let end: InflateEnd = 'whole'
    try {
      for (let last = false; !last; ) {
        last = this.input.take(1) === 1
        if (!this.block(this.input.take(2))) return 'stopped'
      }
      this.input.align()
    } catch (error) {
      if (!(error instanceof NoMore)) throw error
      end = 'early'
    }
    return this.give() ? end : 'stopped'
  }

  private block(type: number): boolean {
    if (type === 0) return this.stored()
    if (type === 1) return this.compressed(FIXED.literals, FIXED.distances)
    if (type === 3) throw new NoMore()
    const { literals, distances } = this.readCodes()
    return this.compressed(literals, distances)
  }

  private give(): boolean {
    const { out, filled, given } = this
    if (filled > given && !this.onPiece(out.subarray(given, filled))) return false
    if (filled > WINDOW) out.copyWithin(0, filled - WINDOW, filled)
    this.filled = Math.min(filled, WINDOW)
    this.given = this.filled
    return true
  }

  private stored(): boolean {
    const { input, out } = this
    input.align()
    let left = input.take(16)
    if ((input.take(16) ^ left) !== 0xffff) throw new NoMore()
    while (left > 0) {
      if (this.filled >= WINDOW + PIECE && !this.give()) return false
      const count = input.copy(out, this.filled, Math.min(left, WINDOW + PIECE - this.filled))
      this.filled += count
      left -= count
    }
    return true
  }

  /** The codes of a dynamic block (section 3.2.7). */
  private readCodes(): { literals: Codes; distances: Codes } {
    const { input } = this
    const literals = 257 + input.take(5)
    const distances = 1 + input.take(5)
    const count = 4 + input.take(4)
    if (literals > 286 || distances > 30) throw new NoMore()
    const first = new Uint8Array(19)
    for (let i = 0; i < count; i++) first[ORDER[i]!] = input.take(3)
    const codes = codesOf(first, 'never')
    const lengths = new Uint8Array(literals + distances)
    for (let i = 0; i < lengths.length; ) {
      const symbol = input.symbol(codes)
      if (symbol < 16) lengths[i++] = symbol
      else {
        if (symbol === 16 && i === 0) throw new NoMore()
        const value = symbol === 16 ? lengths[i - 1]! : 0
        const times =
          symbol === 16 ? 3 + input.take(2) : symbol === 17 ? 3 + input.take(3) : 11 + input.take(7)
        if (i + times > lengths.length) throw new NoMore()
        lengths.fill(value, i, i + times)
        i += times
      }
    }
    if (lengths[256] === 0) throw new NoMore() // the block could not end
    return {
      literals: codesOf(lengths.subarray(0, literals), 'single'),
      distances: codesOf(lengths.subarray(literals), 'single'),
    }
  }

  private compressed(literals: Codes, distances: Codes): boolean {
    const { input } = this
    for (;;) {
      if (this.filled >= WINDOW + PIECE && !this.give()) return false
      const before = this.filled
      input.reach()
      const ended = this.symbols(literals, distances)
      if (input.overrun) {
        this.filled = before // what was made of bits that are not there
        throw new NoMore()
      }
      if (ended) return true
    }
  }

  /** Literals and matches while the input has enough bytes at hand, at least one. @returns whether the block ended */
  private symbols(literals: Codes, distances: Codes): boolean {
    const { input, out } = this
    const { chunk, until } = input
    const { direct } = literals
    let { at, bits, held } = input
    let { filled } = this
    let ended = false
    do {
      if (held < 16) {
        bits |= (chunk[at]! | (chunk[at + 1]! << 8)) << held
        at += 2
        held += 16
      }
      let entry = direct[bits & DIRECT_MASK]! || longCode(literals, bits)
      bits >>>= entry & 15
      held -= entry & 15
      const symbol = entry >> 4
      if (symbol < 256) {
        out[filled++] = symbol
        continue
      }
      if (symbol === 256) {
        ended = true
        break
      }
      if (symbol > 285) throw new NoMore()
      if (held < 16) {
        bits |= (chunk[at]! | (chunk[at + 1]! << 8)) << held
        at += 2
        held += 16
      }
      let extra = LENGTH_EXTRA[symbol - 257]!
      const length = LENGTH_BASE[symbol - 257]! + (bits & ((1 << extra) - 1))
      bits >>>= extra
      held -= extra
      if (held < 16) {
        bits |= (chunk[at]! | (chunk[at + 1]! << 8)) << held
        at += 2
        held += 16
      }
      entry = distances.direct[bits & DIRECT_MASK]! || longCode(distances, bits)
      bits >>>= entry & 15
      held -= entry & 15
      if (entry >> 4 > 29) throw new NoMore()
      if (held < 16) {
        bits |= (chunk[at]! | (chunk[at + 1]! << 8)) << held
        at += 2
        held += 16
      }
      extra = DISTANCE_EXTRA[entry >> 4]!
      const distance = DISTANCE_BASE[entry >> 4]! + (bits & ((1 << extra) - 1))
      bits >>>= extra
      held -= extra
      if (distance > filled) throw new NoMore()
      for (const end = filled + length; filled < end; filled++) out[filled] = out[filled - distance]!
    } while (at < until && filled < WINDOW + PIECE)
    input.at = at
    input.bits = bits
    input.held = held
    this.filled = filled
    return ended
  }
}

/**
 * The code that code lengths stand for.
 * @param lengths of each symbol, 0 for one that does not occur
 * @param incomplete what may be: a code of one symbol of one bit, or of none (zlib), or nothing but whole codes
 * @throws NoMore if they are too many of a length, or too few
 */
function codesOf(lengths: Uint8Array, incomplete: 'single' | 'never'): Codes {
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
const ORDER = Uint8Array.of(16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)

/** Symbols 257 … 285: smallest length and how many bits are added to it. */
const LENGTH_BASE = Uint16Array.of(
  ...[3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163],
  ...[195, 227, 258],
)
const LENGTH_EXTRA = Uint8Array.of(
  ...[0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0],
)
/** Symbols 0 … 29: the same for distances. */
const DISTANCE_EXTRA = Uint8Array.from({ length: 30 }, (_, i) => Math.max(0, (i >> 1) - 1))
const DISTANCE_BASE = Uint16Array.from({ length: 30 }, (_, i) =>
  i < 2 ? i + 1 : ((2 + (i & 1)) << ((i >> 1) - 1)) + 1,
)

/** The code of fixed blocks (section 3.2.6). */
const FIXED = {
  literals: codesOf(
    Uint8Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)),
    'never',
  ),
  distances: codesOf(new Uint8Array(32).fill(5), 'never'),
}
