import type { BatchInfo } from '@detl/core/api/batch'
import type { ProblemCode } from '@detl/core/api/problem'
import {
  type BatchChange,
  batchResults,
  changeBatch,
  RESULT_FILES,
  type ResultFile,
} from '../screening/batches.ts'
import { settings } from '../state/settings.ts'
import { text } from '../text/text.ts'
import { download } from '../viewer/download.ts'
import { Icon, type IconName } from './icon.tsx'

type Props = { batch: BatchInfo; update(change: () => Promise<void>): Promise<void> }

const ICONS = { pause: 'pause', resume: 'play', cancel: 'close', rerun: 'retry' } as const satisfies Record<
  BatchChange,
  IconName
>

/** One batch: progress, pace and estimate, what can be done with it, its results so far. */
export function BatchRow({ batch, update }: Props) {
  const { name, status, items, problem } = batch
  const t = text.value.batches
  const ended = items.total - items.waiting
  return (
    <li>
      <div class="batch-head">
        <strong>{name}</strong>
        <span class="fine" data-status={status}>
          {t.states[status]}
        </span>
      </div>
      <progress max={Math.max(1, items.total)} value={ended} aria-label={name} />
      <p class="fine">{standing(batch)}</p>
      {problem && (
        <p class="wrong">
          {text.value.problems[problem.type.slice('/problems/'.length) as ProblemCode]?.title ??
            problem.title}
          : {problem.detail}
        </p>
      )}
      <div class="row">
        {changesOf(batch).map((change) => (
          <button
            key={change}
            type="button"
            class="button"
            aria-label={t.of(t[change], name)}
            onClick={() => {
              if (change === 'cancel' && !confirm(t.cancelSure(name))) return
              void update(() => changeBatch(settings.key.peek(), batch.id, change))
            }}
          >
            <Icon name={ICONS[change]} />
            {t[change]}
          </button>
        ))}
        {items.succeeded + items.failed > 0 && <SaveChoice batch={batch} update={update} />}
      </div>
    </li>
  )
}

/** In words: how many, which failed, at which pace, until when. */
function standing({ items, itemsPerMinute, estimatedEndAt }: BatchInfo): string {
  const t = text.value.batches
  const soon = (iso: string) => {
    const day = Date.parse(iso) - Date.now() > 20 * 3600_000 ? ({ dateStyle: 'medium' } as const) : {}
    return new Intl.DateTimeFormat(settings.language.value, { timeStyle: 'short', ...day }).format(
      new Date(iso),
    )
  }
  return [
    t.progress(items.total - items.waiting, items.total),
    items.failed > 0 && t.failed(items.failed),
    itemsPerMinute !== null && items.waiting > 0 && t.pace(itemsPerMinute),
    estimatedEndAt !== null && items.waiting > 0 && t.ends(soon(estimatedEndAt)),
  ]
    .filter(Boolean)
    .join(' · ')
}

function changesOf({ status, items }: BatchInfo): BatchChange[] {
  const rerun: BatchChange[] = items.failed > 0 ? ['rerun'] : []
  if (status === 'running') return ['pause', 'cancel', ...rerun]
  if (status === 'paused') return ['resume', 'cancel', ...rerun]
  return status === 'completed' ? rerun : []
}

function SaveChoice({ batch, update }: Props) {
  const t = text.value.batches
  const files: ResultFile[] = ['csv', 'ndjson', ...(batch.fhir ? (['fhir'] as const) : [])]
  return (
    <select
      aria-label={t.of(t.save, batch.name)}
      value=""
      onChange={(event) => {
        const file = event.currentTarget.value as ResultFile
        event.currentTarget.value = ''
        void update(async () => {
          const results = await batchResults(settings.key.peek(), batch.id, file)
          download(results, `${batch.name}.${RESULT_FILES[file].extension}`)
        })
      }}
    >
      <option value="" disabled>
        {t.save}
      </option>
      {files.map((file) => (
        <option key={file} value={file}>
          {t[file]}
        </option>
      ))}
    </select>
  )
}
