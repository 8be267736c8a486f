import { calledText, type Scored, truthText } from '../scores/predictions.ts'

const HEAD = ['part', 'fold', 'file', 'sha256', 'dataset', 'group', 'view', 'truth', 'predicted']

/** One line a held-out or external image: what was said of it, so that any other figure can be computed. No pixels. */
export function predictionsCsv(
  test: readonly Scored[],
  external: readonly Scored[],
  ids: readonly string[],
): string {
  const line = (part: string, fold: string, scored: Scored) => {
    const { file, record, probabilities } = scored
    return [
      part,
      fold,
      file,
      record.sha256,
      record.dataset,
      record.group,
      record.view,
      truthText(scored, ids),
      calledText(scored, ids),
      ...probabilities.map((p) => p.toFixed(5)),
    ]
      .map(quoted)
      .join(',')
  }
  return `${[
    [...HEAD, ...ids.map((l) => `p_${l}`)].join(','),
    ...test.map((s) => line('test', String(s.fold), s)),
    ...external.map((s) => line('external', 'mean', s)),
  ].join('\n')}\n`
}

const quoted = (cell: string): string => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
