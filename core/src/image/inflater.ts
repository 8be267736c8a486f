import {
  type Codes,
  codesOf,
  DIRECT_BITS,
  DISTANCE_BASE,
  DISTANCE_EXTRA,
  FIXED,
  LENGTH_BASE,
  LENGTH_EXTRA,
  longCode,
  NoMore,
  ORDER,
} from './deflate-codes.ts'
import type { InflateInput } from './inflate-input.ts'

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
