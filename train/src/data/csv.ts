import { readFileSync, statSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { checkTextSize, MOST_TEXT_BYTES } from '@detl/core/base/text-size'
import { parse } from 'csv-parse/sync'

export type Row = Record<string, string | undefined>

/** What spreadsheets put between cells, by country. */
const DELIMITERS = [',', ';', '\t'] as const

/**
 * A CSV file with a header row, gzipped or not, as rows by column name. Cells are parted by what parts the header: commas, semicolons
 * or tabs. UTF-8, or UTF-16 with its mark.
 * @throws AppError request-invalid for a file that is too large, unpacked or not
 */
export function readCsv(path: string): Row[] {
  checkTextSize(statSync(path).size, path)
  const bytes = readFileSync(path)
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? unpacked(bytes, path) : bytes
  const text = new TextDecoder(plain[0] === 0xff && plain[1] === 0xfe ? 'utf-16le' : 'utf-8').decode(plain)
  const header = text.slice(0, text.search(/[\r\n]|$/))
  const count = (delimiter: string) => header.split(delimiter).length
  const delimiter = DELIMITERS.reduce((best, one) => (count(one) > count(best) ? one : best))
  return parse(text, { columns: true, skip_empty_lines: true, relax_column_count: true, delimiter }) as Row[]
}

function unpacked(bytes: Uint8Array, path: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_TEXT_BYTES })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      checkTextSize(MOST_TEXT_BYTES + 1, `${path}, unpacked,`)
    throw error
  }
}

/** The value of a column, or an error that names file, line and column. */
export function required(row: Row, column: string, path: string, index: number): string {
  const value = row[column]
  if (value === undefined || value === '')
    throw new Error(`${path}, row ${index + 1}: no value for "${column}"`)
  return value
}

/** A number if the cell holds one. */
export function optionalNumber(cell: string | undefined): number | undefined {
  const value = cell === undefined || cell === '' ? Number.NaN : Number(cell)
  return Number.isFinite(value) ? value : undefined
}
