/** Reads an entropy-coded segment of JPEG-LS: a zero bit is stuffed after each byte 255 (ITU-T T.87 C.2.1). */
export class JpegLsBits {
  private readonly bytes: Uint8Array
  private at: number
  /** The next bits, from the highest down. */
  private buffer = 0
  private held = 0
  private afterFf = false

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes
    this.at = at
  }

  /** The next `count` bits, at most 24. */
  take(count: number): number {
    if (count === 0) return 0
    this.need(count)
    const value = this.buffer >>> (32 - count)
    this.buffer <<= count
    this.held -= count
    return value
  }

  /** Zeros up to the next one, which is taken too; at most `most`. */
  zeros(most: number): number {
    let count = 0
    for (;;) {
      this.need(1)
      const run = Math.min(Math.clz32(this.buffer), this.held)
      count += run
      if (count > most) throw new Error('a code is too long')
      if (run < this.held) {
        this.buffer = (this.buffer << run) << 1
        this.held -= run + 1
        return count
      }
      this.buffer = 0
      this.held = 0
    }
  }

  /** A Golomb code of parameter `k` (zeros, one, k bits) that lies in the buffer as a whole, else −1 and nothing is taken. */
  golomb(k: number, mostZeros: number): number {
    if (this.held < 25) this.fill()
    const { buffer, held } = this
    const zeros = Math.clz32(buffer)
    const length = zeros + 1 + k
    if (zeros >= mostZeros || length > held || length > 31) return -1
    this.buffer = buffer << length
    this.held = held - length
    // Two shifts: the one is shifted out at the top, k = 0 leaves nothing.
    return (zeros << k) | (((buffer << (zeros + 1)) >>> 1) >>> (31 - k))
  }

  private need(count: number): void {
    if (this.held < count) this.fill()
    if (this.held < count) throw new Error('the entropy-coded data end early')
  }

  private fill(): void {
    while (this.held <= 24) {
      const byte = this.bytes[this.at]
      // Behind 255, a set first bit is a marker.
      if (byte === undefined || (this.afterFf && byte >= 128)) return
      const width = this.afterFf ? 7 : 8
      this.buffer |= byte << (32 - width - this.held)
      this.held += width
      this.afterFf = byte === 255
      this.at++
    }
  }
}
