declare module 'jpeg-lossless-decoder-js' {
  export class Decoder {
    decompress(bytes: ArrayBuffer): ArrayBuffer
  }
}
declare module 'opentype.js' {
  type Command = { type: string; x?: number; y?: number; x1?: number; y1?: number }
  type Glyph = { index: number; advanceWidth?: number; path: { commands: Command[] } }
  const opentype: {
    parse(bytes: ArrayBuffer): { unitsPerEm: number; charToGlyph(char: string): Glyph }
  }
  export default opentype
}
