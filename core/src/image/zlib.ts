import type { InflateInput } from './inflate-input.ts'

/** The checksum at the end of a zlib stream (RFC 1950, section 9). */
export class Adler32 {
  private a = 1
  private b = 0

  add(bytes: Uint8Array): void {
    // 5,552 bytes are the most for which the sums stay below 2^32.
    for (let at = 0; at < bytes.length; ) {
      for (const end = Math.min(bytes.length, at + 5552); at < end; at++) {
        this.a += bytes[at]!
        this.b += this.a
      }
      this.a %= 65_521
      this.b %= 65_521
    }
  }

  get value(): number {
    return this.b * 65_536 + this.a
  }
}

/** The two bytes before the blocks: deflate, a window of 32 KB at most, no dictionary (RFC 1950, section 2.2). */
export function zlibHeader(input: InflateInput): boolean {
  const [method, flags] = [input.byte(), input.byte()]
  if (method === undefined || flags === undefined) return false
  return (method & 15) === 8 && method >> 4 <= 7 && (method * 256 + flags) % 31 === 0 && (flags & 32) === 0
}

/** The checksum behind the blocks. */
export function zlibTrailer(input: InflateInput, sum: Adler32): 'whole' | 'early' | 'checksum' {
  let said = 0
  for (let i = 0; i < 4; i++) {
    const byte = input.byte()
    if (byte === undefined) return 'early'
    said = said * 256 + byte
  }
  return said === sum.value ? 'whole' : 'checksum'
}
