import type { Ranged, Severity } from '../lungs/severity.ts'

const RANGED = ['severity_score', 'extent_right', 'extent_left'] as const

/** Columns of a table of answers: whether it is assessable, the score and both lungs, each with its range. The zones are in JSON. */
export const SEVERITY_COLUMNS: readonly string[] = [
  'severity',
  ...RANGED.flatMap((name) => [name, `${name}_low`, `${name}_high`]),
]

/** Cells under `SEVERITY_COLUMNS`: `assessable`, or the reason's code and nothing else; empty where the model outlines no lungs. */
export function severityCells(severity: Severity | undefined): readonly (string | number)[] {
  const empty = RANGED.flatMap(() => ['', '', ''])
  if (!severity) return ['', ...empty]
  if (!severity.assessable) return [severity.reason.code, ...empty]
  const { score, extent } = severity
  const ranged = ({ value, low, high }: Ranged) => [value, low, high]
  return ['assessable', ...[score, extent.right, extent.left].flatMap(ranged)]
}
