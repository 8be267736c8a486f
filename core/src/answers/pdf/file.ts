import { joinBytes } from '../../base/join-bytes.ts'

const bytesOf = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0) & 255)

/** A PDF file (ISO 32000-1) that grows by objects. The same objects give the same bytes. */
export class PdfFile {
  readonly #objects: (Uint8Array | undefined)[] = []

  /** A number for an object that is written later, so that others can refer to it. */
  reserve(): number {
    return this.#objects.push(undefined)
  }

  /**
   * @param dictionary with its brackets; of a stream, `Length` is added
   * @param number of `reserve`, where it was asked for
   * @returns its number: `${number} 0 R` refers to it
   */
  add(dictionary: string, stream?: Uint8Array, number: number = this.reserve()): number {
    const written =
      stream === undefined
        ? bytesOf(dictionary)
        : joinBytes([
            bytesOf(`${dictionary.replace(/>>$/, '')}/Length ${stream.length}>>\nstream\n`),
            stream,
            bytesOf('\nendstream'),
          ])
    this.#objects[number - 1] = written
    return number
  }

  /** The file, with a table of where each object is (section 7.5.4). @param catalog and @param info are numbers of objects */
  finish(catalog: number, info: number): Uint8Array<ArrayBuffer> {
    const parts = [bytesOf('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n')]
    const offsets: number[] = []
    let at = parts[0]!.length
    const push = (part: Uint8Array<ArrayBuffer>) => {
      parts.push(part)
      at += part.length
    }
    for (const [i, object] of this.#objects.entries()) {
      if (object === undefined) throw new Error(`object ${i + 1} was reserved and never written`)
      offsets.push(at)
      push(joinBytes([bytesOf(`${i + 1} 0 obj\n`), object, bytesOf('\nendobj\n')]))
    }
    const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`)
    const size = this.#objects.length + 1
    push(
      bytesOf(
        `xref\n0 ${size}\n0000000000 65535 f \n${rows.join('')}trailer\n<</Size ${size}/Root ${catalog} 0 R/Info ${info} 0 R>>\nstartxref\n${at}\n%%EOF\n`,
      ),
    )
    return joinBytes(parts)
  }
}

/** Windows-1252 beyond Latin-1, as far as it occurs in our words (ISO 32000-1, annex D: WinAnsiEncoding). */
const BEYOND_LATIN: Readonly<Record<string, number>> = {
  '€': 0x80,
  '…': 0x85,
  '‘': 0x91,
  '’': 0x92,
  '“': 0x93,
  '”': 0x94,
  '–': 0x96,
  '—': 0x97,
}

/** Text as a literal string in WinAnsiEncoding: other letters without their accents, or a question mark. */
export function literal(text: string): string {
  const codes = Array.from(text.normalize('NFC'), (char) => {
    const known = (one: string) =>
      BEYOND_LATIN[one] ?? (one.length === 1 && one <= '\xff' ? one.charCodeAt(0) : undefined)
    const plain = char.normalize('NFD').replace(/\p{Mn}/gu, '')
    return known(char) ?? known(plain) ?? 0x3f
  })
  return `(${codes.map((code) => String.fromCharCode(code).replace(/[\\()]/, '\\$&')).join('')})`
}

/** Text of the document's information, in UTF-16 (section 7.9.2.2). */
export const textString = (text: string): string =>
  `<FEFF${Array.from({ length: text.length }, (_, i) => text.charCodeAt(i).toString(16).padStart(4, '0')).join('')}>`
