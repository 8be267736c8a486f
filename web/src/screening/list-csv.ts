import { SEVERITY_COLUMNS, severityCells } from '@detl/core/answers/severity-columns'
import type { Item } from '../state/items.ts'
import { placeOf } from '../state/list-view.ts'
import { told } from '../text/told.ts'

/**
 * The work list as RFC 4180, with the columns that `detl screen --csv` has of the same answers; a cell that a spreadsheet would take for a
 * formula is written with an apostrophe before it. The writer is loaded when it is first asked for.
 */
export async function listCsv(items: readonly Item[]): Promise<Blob> {
  const { stringify } = await import('csv-stringify/browser/esm/sync')
  const classes = [...new Set(items.flatMap(({ result }) => Object.keys(result?.probabilities ?? {})))]
  const rows = items.map((item) => row(item, classes))
  const header = [
    'file',
    'decision',
    'above_threshold',
    'headline',
    'label',
    ...classes.map((id) => `score_${id}`),
    ...classes.map((id) => `above_threshold_${id}`),
    ...SEVERITY_COLUMNS,
    'warnings',
    'error',
    'detail',
    'model',
    'scored_by',
    'scored_at',
  ]
  const text = stringify([header, ...rows], { record_delimiter: 'windows', escape_formulas: true })
  return new Blob([text], { type: 'text/csv;charset=utf-8' })
}

function row(item: Item, classes: readonly string[]): unknown[] {
  const { result, problem, at } = item
  const held = (id: string) => result?.decision.classes.find((one) => one.class === id)
  return [
    placeOf(item),
    result?.decision.outcome,
    result?.decision.above.join(' '),
    result && told(result).headline,
    result?.label,
    ...classes.map((id) => result?.probabilities[id]),
    ...classes.map((id) => String(held(id)?.positive ?? '')),
    ...severityCells(result?.severity),
    result?.warnings.map(({ code }) => code).join(' '),
    problem?.code,
    problem?.detail,
    result && `${result.model.name} ${result.model.version}`,
    result?.servedBy,
    at?.toISOString(),
  ]
}
