import type { UsageRow } from '@detl/core/api/account'
import { csvText } from './csv.ts'

const COLUMNS = [
  'day',
  'key',
  'mode',
  'outcome',
  'screenings',
  'billed',
] as const satisfies readonly (keyof UsageRow)[]

/** With a header line. */
export const toCsv = (rows: readonly UsageRow[]): string =>
  csvText([COLUMNS, ...rows.map((row) => COLUMNS.map((column) => row[column]))])
