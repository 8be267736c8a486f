// The libraries for CSV in this repository bring Node's types with them, which the Worker must not have; a row is little work.

/** Cells that a spreadsheet would take for a formula: some pass over what is not seen before the sign, and take its full width too. */
const FORMULA = /^(?:[\t\r\n]|[\s\p{Cc}\p{Cf}]*[=+\-@\uff1d\uff0b\uff0d\uff20])/u
const NEEDS_QUOTES = /[",\r\n]/

/** RFC 4180, CRLF; what a spreadsheet would take for a formula is written with an apostrophe before it, numbers are not. */
export const csvText = (rows: readonly (readonly unknown[])[]): string =>
  rows.map((row) => `${row.map(cellText).join(',')}\r\n`).join('')

function cellText(value: unknown): string {
  if (typeof value !== 'string') return value === undefined || value === null ? '' : String(value)
  const safe = FORMULA.test(value) ? `'${value}` : value
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/**
 * The cells of one row that is one line.
 * @returns undefined where its quotes are not closed, or stand where they may not
 */
export function csvCells(line: string): string[] | undefined {
  const cells: string[] = []
  const cell = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y
  for (;;) {
    const match = cell.exec(line)
    if (!match) return undefined
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2]!)
    if (match[3] === '') return cells
  }
}
