/**
 * Text for a terminal. What is not ours, names of files among it, may hold control characters, by which a terminal is steered; they are written as
 * `\x1b` is here.
 */
export const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  text.replace(/[\x00-\x1f\x7f-\x9f]/g, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`)

/** The same of text whose line ends are ours. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n')
