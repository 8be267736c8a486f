import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'

export type Row = Record<string, string | undefined>

/** A CSV file with a header row, gzipped or not, as rows by column name. */
export function readCsv(path: string): Row[] {
  const bytes = readFileSync(path)
  const text = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes
  return parse(text, { columns: true, skip_empty_lines: true, bom: true, relax_column_count: true }) as Row[]
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
