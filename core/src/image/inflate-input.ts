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

/** A symbol of a length and a distance take eight bytes at most, with those that are looked at before they are needed. */
const SLACK = 16

/** Bits of a stream that lies in chunks, the first in a byte's lowest. */
export class InflateInput {
  /** What is read from now: a chunk of the stream, or what joins two, or its end with zeros behind. */
  chunk: Uint8Array = new Uint8Array(0)
  at = 0
  /** A symbol may be read while `at` is below. */
  until = -SLACK
  bits = 0
  held = 0
  private readonly chunks: readonly Uint8Array[]
  private next = 0
  private following: Uint8Array | undefined
  private end = Number.POSITIVE_INFINITY

  constructor(chunks: readonly Uint8Array[]) {
    this.chunks = chunks
  }

  /** Whether bits were taken that are not there. */
  get overrun(): boolean {
    return 8 * this.at - this.held > this.end
  }

  /** Has a symbol's bytes at hand: zeros where the stream ends. */
  reach(): void {
    if (this.at < this.until) return
    if (this.following !== undefined) {
      this.at -= this.until
      this.chunk = this.following
      this.following = undefined
      this.until = this.chunk.length - SLACK
      if (this.at < this.until) return
    }
    if (this.end === Number.POSITIVE_INFINITY) this.bridge()
  }

  /** The rest of this chunk, those that are too small to be read alone, and the beginning of the one behind. */
  private bridge(): void {
    const pieces = [this.chunk.subarray(this.at)]
    let length = pieces[0]!.length
    while (this.next < this.chunks.length && this.chunks[this.next]!.length < 2 * SLACK) {
      const small = this.chunks[this.next++]!
      pieces.push(small)
      length += small.length
    }
    this.following = this.chunks[this.next++]
    this.chunk = new Uint8Array(length + 2 * SLACK)
    let to = 0
    for (const piece of pieces) {
      this.chunk.set(piece, to)
      to += piece.length
    }
    this.at = 0
    this.until = length
    if (this.following !== undefined) this.chunk.set(this.following.subarray(0, 2 * SLACK), length)
    else this.end = 8 * length
    if (length === 0 && this.following !== undefined) this.reach()
  }

  /** The next `count` bits, 16 at most. @throws NoMore */
  take(count: number): number {
    this.fill()
    const value = this.bits & (2 ** count - 1)
    this.bits >>>= count
    this.held -= count
    if (this.overrun) throw new NoMore()
    return value
  }

  /** The next 8 bits; undefined at the end. */
  byte(): number | undefined {
    try {
      return this.take(8)
    } catch (error) {
      if (error instanceof NoMore) return undefined
      throw error
    }
  }

  /** @throws NoMore */
  symbol(codes: Codes): number {
    this.fill()
    const entry = codes.direct[this.bits & (2 ** DIRECT_BITS - 1)]! || longCode(codes, this.bits)
    this.bits >>>= entry & 15
    this.held -= entry & 15
    if (this.overrun) throw new NoMore()
    return entry >> 4
  }

  /** To the beginning of the next byte. */
  align(): void {
    this.bits >>>= this.held & 7
    this.held -= this.held & 7
  }

  /** Whole bytes, from an aligned position on. @returns how many, at least one @throws NoMore */
  copy(to: Uint8Array, offset: number, most: number): number {
    if (this.held > 0) {
      to[offset] = this.take(8)
      return 1
    }
    this.reach()
    const last = Math.min(this.end / 8, this.following === undefined ? this.chunk.length : this.until)
    const count = Math.min(most, last - this.at)
    if (count <= 0) throw new NoMore()
    to.set(this.chunk.subarray(this.at, this.at + count), offset)
    this.at += count
    return count
  }

  private fill(): void {
    if (this.held >= 16) return
    this.reach()
    this.bits |= (this.chunk[this.at]! | (this.chunk[this.at + 1]! << 8)) << this.held
    this.at += 2
    this.held += 16
  }
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
