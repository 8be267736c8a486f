/** Characters by which a terminal is steered, or none shows. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\x00-\x1f\x7f-\x9f]/g
/**
 * What turns the direction of the text after it (Unicode Standard Annex 9, section 2): with it a name is shown as another one, `gnp.exe` as
 * `exe.png`. Letters of Hebrew and Arabic have their direction without.
 */
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/**
 * Text for a terminal. What is not ours, names of files among it, may hold control characters; they are written as `\x1b` is here, and those of
 * direction as `\u{202e}`.
 */
export const printable = (text: string): string =>
  text
    .replace(CONTROLS, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .replace(TURNS, (one) => `\\u{${one.charCodeAt(0).toString(16)}}`)

/** The same of text whose line ends are ours. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n')

/**
 * Text that is not ours (names of files, patients, classes) as people are shown it, on the page, on paper and in reports: without what would
 * show it as another. What is stored and sent to machines stays as it is.
 * @example shownText('scan\u202egnp.exe') // 'scangnp.exe'
 */
export const shownText = (text: string): string => text.replace(CONTROLS, '').replace(TURNS, '')
