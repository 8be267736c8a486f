import type { UsageRow } from '@detl/core/api/account'

const COLUMNS = [
  'day',
  'key',
  'mode',
  'outcome',
  'screenings',
  'billed',
] as const satisfies readonly (keyof UsageRow)[]

/** RFC 4180: CRLF, a header line. No field needs quotes: dates, ids, codes and numbers. */
export const toCsv = (rows: readonly UsageRow[]): string =>
  [COLUMNS, ...rows.map((row) => COLUMNS.map((column) => row[column]))]
    .map((line) => `${line.join(',')}\r\n`)
    .join('')
