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
 * @param fatal false for a file whose labels are ASCII, whatever else is in it
 * @throws AppError request-invalid for a file that is too large, unpacked or not; Error where it is in another encoding, a column is there
 * twice, or a row has more cells than there are columns: its values would stand under other headings
 */
export function readCsv(path: string, { fatal }: { fatal: boolean } = { fatal: true }): Row[] {
  checkTextSize(statSync(path).size, path)
  const bytes = readFileSync(path)
  const text = textOf(bytes[0] === 0x1f && bytes[1] === 0x8b ? unpacked(bytes, path) : bytes, path, fatal)
  const header = text.slice(0, text.search(/[\r\n]|$/))
  const count = (delimiter: string) => header.split(delimiter).length
  const delimiter = DELIMITERS.reduce((best, one) => (count(one) > count(best) ? one : best))
  const [names = [], ...rows] = cellsOf(text, delimiter, path)
  const twice = names.find((name, i) => name.trim() !== '' && names.indexOf(name) !== i)
  if (twice !== undefined) throw new Error(`${path}: two columns are called "${twice}"`)
  return rows.map((cells, i) => {
    if (cells.slice(names.length).some((cell) => cell.trim() !== ''))
      throw new Error(
        `${path}, row ${i + 1}: ${cells.length} cells under ${names.length} headings. Put a cell that has "${delimiter}" in it into quotes`,
      )
    return Object.fromEntries(names.flatMap((name, k) => (k < cells.length ? [[name, cells[k]!]] : [])))
  })
}

function cellsOf(text: string, delimiter: string, path: string): string[][] {
  try {
    return parse(text, { skip_empty_lines: true, relax_column_count: true, delimiter })
  } catch (error) {
    throw new Error(`${path} is no table of cells: ${(error as Error).message}`)
  }
}

/** By its mark of byte order, where it has one. */
function textOf(bytes: Uint8Array, path: string, fatal: boolean): string {
  const marks = `${bytes[0]} ${bytes[1]}`
  const encoding = marks === '255 254' ? 'utf-16le' : marks === '254 255' ? 'utf-16be' : 'utf-8'
  try {
    return new TextDecoder(encoding, { fatal }).decode(bytes)
  } catch {
    throw new Error(
      `${path} is not in UTF-8: save it as "CSV UTF-8", or turn it into that: iconv -f WINDOWS-1252 -t UTF-8`,
    )
  }
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
