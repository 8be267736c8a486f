/** Terms of Specific Character Set (PS3.3, C.12.1.1.2) without code extensions, as the names that a TextDecoder knows. */
const ENCODINGS: Readonly<Record<string, string>> = {
  'ISO_IR 192': 'utf-8',
  'ISO_IR 100': 'windows-1252',
  'ISO_IR 101': 'iso-8859-2',
  'ISO_IR 109': 'iso-8859-3',
  'ISO_IR 110': 'iso-8859-4',
  'ISO_IR 144': 'iso-8859-5',
  'ISO_IR 127': 'iso-8859-6',
  'ISO_IR 126': 'iso-8859-7',
  'ISO_IR 138': 'iso-8859-8',
  'ISO_IR 148': 'windows-1254',
  'ISO_IR 166': 'windows-874',
  'ISO_IR 203': 'iso-8859-15',
  'ISO_IR 13': 'shift_jis',
  GB18030: 'gb18030',
  GBK: 'gbk',
}

/**
 * Reads text of an object in the character set that it names.
 * @param specific its Specific Character Set; empty where it has none: ASCII then, and what many writers mean by more than that
 * @returns undefined where the set has code extensions (ISO 2022) or this runtime does not know it: text then stays bytes
 */
export function textDecoder(specific: string): ((bytes: Uint8Array) => string) | undefined {
  const term = specific.trim().replace(/^ISO 2022 IR/, 'ISO_IR')
  if (term === '' || term === 'ISO_IR 6') return eitherUtf8OrLatin1
  const name = ENCODINGS[term]
  if (name === undefined) return undefined
  try {
    const decoder = new TextDecoder(name)
    return (bytes) => decoder.decode(bytes)
  } catch {
    return undefined // RangeError: a runtime with few encodings
  }
}

function eitherUtf8OrLatin1(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

/** Text in ASCII, for an object whose character set we cannot write: without accents, and ? for what has no likeness. */
export const toAscii = (text: string): string =>
  text
    .replaceAll('ß', 'ss')
    .replace(/[äöüÄÖÜ]/g, (letter) => `${letter.normalize('NFD')[0]}e`)
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .replace(/[‘’]/g, "'")
    .replace(/[^\x20-\x7e\n\r\t]/g, '?')
