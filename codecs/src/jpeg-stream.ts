import { readJpegHeader } from '@detl/core/image/jpeg-header'

/** Reads Huffman codes and raw bits of one entropy-coded segment; stops at any marker (ITU-T T.81 F.2.2). */
class BitReader {
  private readonly bytes: Uint8Array
  private at: number
  private buffer = 0
  private held = 0
  /** Bits made up beyond the end of the data: a few occur in sound files, as look-ahead. */
  private madeUp = 0

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes
    this.at = at
  }

  symbol(table: Uint16Array): number {
    if (this.held < 16) this.fill()
    const entry = table[(this.buffer >>> (this.held - 16)) & 0xffff]!
    if (entry === 0) throw new Error('a Huffman code does not exist')
    this.held -= entry & 31
    return entry >> 5
  }

  /** An integer of `size` bits in the code of T.81 table F.1: the upper half positive, the lower negative. */
  signed(size: number): number {
    if (size === 0) return 0
    if (this.held < size) this.fill()
    this.held -= size
    const value = (this.buffer >>> this.held) & (2 ** size - 1)
    return value < 2 ** (size - 1) ? value - 2 ** size + 1 : value
  }

  /** Skips to behind the next restart marker. */
  restart(): void {
    this.held = 0
    this.madeUp = 0
    while (this.at + 1 < this.bytes.length) {
      const marker = this.bytes[this.at] === 0xff ? this.bytes[this.at + 1]! : 0
      if (marker >= 0xd0 && marker <= 0xd7) {
        this.at += 2
        return
      }
      if (marker !== 0 && marker !== 0xff) break
      this.at++
    }
    throw new Error('a restart marker is missing')
  }

  private fill(): void {
    while (this.held <= 24) {
      let byte = this.bytes[this.at]
      if (byte === undefined || (byte === 0xff && this.bytes[this.at + 1] !== 0)) {
        byte = 0
        this.madeUp += 8
        if (this.madeUp > 64) throw new Error('the entropy-coded data end early')
      } else this.at += byte === 0xff ? 2 : 1
      this.buffer = (this.buffer << 8) | byte
      this.held += 8
    }
  }
}

export type JpegTables = {
  readonly width: number
  readonly height: number
  readonly bits: number
  /** Look-up by the next 16 bits: symbol << 5 | code length; 0 where no code is. Index: 0–3 DC, 4–7 AC. */
  readonly huffman: readonly (Uint16Array | undefined)[]
  /** In zigzag order. */
  readonly quantisation: readonly (Uint16Array | undefined)[]
  readonly quantisationOfComponent: number
  readonly restartInterval: number
  /** Parameters of the scan: table selectors of the component, Ss (predictor), Al (point transform). */
  readonly scan: { readonly dc: number; readonly ac: number; readonly start: number; readonly shift: number }
  readonly reader: BitReader
}

/** Everything before the entropy-coded data of a stream with one component and one scan. */
export function readJpegTables(bytes: Uint8Array): JpegTables {
  const header = readJpegHeader(bytes)
  if (header.components !== 1) throw new Error('several components')
  const huffman: (Uint16Array | undefined)[] = []
  const quantisation: (Uint16Array | undefined)[] = []
  let quantisationOfComponent = 0
  let restartInterval = 0
  let scan = { dc: 0, ac: 4, start: 0, shift: 0 }
  for (let at = 2; at < header.scan; ) {
    if (bytes[at] === 0xff && bytes[at + 1] === 0xff) {
      at++
      continue
    }
    const marker = bytes[at + 1]!
    const end = at + 2 + ((bytes[at + 2]! << 8) | bytes[at + 3]!)
    const body = bytes.subarray(at + 4, end)
    if (marker === 0xc4) readHuffman(body, huffman)
    else if (marker === 0xdb) readQuantisation(body, quantisation)
    else if (marker === 0xdd) restartInterval = (body[0]! << 8) | body[1]!
    else if (marker >= 0xc0 && marker <= 0xc3) quantisationOfComponent = body[8]!
    else if (marker === 0xda) {
      if (body[0] !== 1) throw new Error('a scan of several components')
      scan = { dc: body[2]! >> 4, ac: 4 + (body[2]! & 15), start: body[3]!, shift: body[5]! & 15 }
    }
    at = end
  }
  const { width, height, bits } = header
  const reader = new BitReader(bytes, header.scan)
  return {
    width,
    height,
    bits,
    huffman,
    quantisation,
    quantisationOfComponent,
    restartInterval,
    scan,
    reader,
  }
}

/** DHT (T.81 B.2.4.2) → look-up tables. */
function readHuffman(body: Uint8Array, tables: (Uint16Array | undefined)[]): void {
  for (let at = 0; at + 17 <= body.length; ) {
    const slot = (body[at]! & 3) + (body[at]! & 16 ? 4 : 0)
    const lookUp = new Uint16Array(65536)
    let code = 0
    let symbol = at + 17
    for (let length = 1; length <= 16; length++) {
      for (let n = body[at + length]!; n > 0; n--, symbol++) {
        const from = code << (16 - length)
        const to = from + (1 << (16 - length))
        if (to > 65536 || symbol >= body.length) throw new Error('a Huffman table is too long')
        lookUp.fill((body[symbol]! << 5) | length, from, to)
        code++
      }
      code <<= 1
    }
    tables[slot] = lookUp
    at = symbol
  }
}

/** DQT (T.81 B.2.4.1). */
function readQuantisation(body: Uint8Array, tables: (Uint16Array | undefined)[]): void {
  for (let at = 0; at < body.length; ) {
    const wide = body[at]! >> 4 === 1
    const table = new Uint16Array(64)
    for (let i = 0; i < 64; i++) {
      table[i] = wide ? (body[at + 1 + 2 * i]! << 8) | body[at + 2 + 2 * i]! : body[at + 1 + i]!
    }
    tables[body[at]! & 3] = table
    at += wide ? 129 : 65
  }
}
