import { textDecoder } from './character-set.ts'

/** Character sets with code extensions (PS3.3, table C.12-3) that a TextDecoder knows under a name of its own. */
const EXTENDED: Readonly<Record<string, string>> = {
  'ISO 2022 IR 87': 'iso-2022-jp',
  'ISO 2022 IR 159': 'iso-2022-jp',
  'ISO 2022 IR 149': 'euc-kr',
  'ISO 2022 IR 58': 'gbk',
}

/** ESC $ ) C and ESC $ ) A announce Korean and Chinese, which a decoder of EUC needs not: the bytes above 127 tell. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
const ANNOUNCEMENTS = /\x1b\$\)[AC]/g

/**
 * Text of an object in the character set that it names, for messages to people. Where it has code extensions, the last that is known counts:
 * those before it are parts of it. Bytes that none allows become U+FFFD.
 * @example readableText('ISO_IR 100')(Uint8Array.of(0xdc)) // 'Ü'
 */
export function readableText(charset: string): (bytes: Uint8Array) => string {
  const plain = textDecoder(charset)
  if (plain) return plain
  const named = charset.split('\\').flatMap((term) => EXTENDED[term.trim()] ?? [])
  const decoder = new TextDecoder(named.at(-1) ?? 'iso-8859-1')
  return (bytes) => decoder.decode(bytes).replaceAll(ANNOUNCEMENTS, '')
}

const CONTROLS = /[\p{Cc}\ufffe\uffff]/u

/**
 * Whether a text has what no person's name, identifier or description may have: control characters (PS3.5, section 6.1.3), and what can stand
 * in no XML. Receivers drop, cut or refuse such a text, each in its own way, and an identifier without some of its characters is another's.
 * @example hasControls('12\x003') // true
 */
export const hasControls = (text: string): boolean => CONTROLS.test(text)
