import type { BatchInfo } from '@detl/core/api/batch'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { PageError, type Problem } from '../engine/types.ts'
import { createBatch, readBatches } from '../screening/batches.ts'
import { dialogs } from '../state/dialogs.ts'
import { settings } from '../state/settings.ts'
import { text } from '../text/text.ts'
import { BatchRow } from './batch-row.tsx'
import { Dialog } from './dialog.tsx'
import { Icon } from './icon.tsx'

const LOOK_MS = 2000

/** Archives that are screened by a list: how each stands, and what can be done with it. */
export function BatchesDialog() {
  const t = text.value.batches
  return (
    <Dialog open={dialogs.batches} id="batches" heading={t.heading} lead={t.lead} wide>
      <Batches />
    </Dialog>
  )
}

function Batches() {
  const batches = useSignal<readonly BatchInfo[] | undefined>(undefined)
  const problem = useSignal<Problem | undefined>(undefined)
  const key = settings.key.value
  /** Does something, then shows the batches as they are afterwards. */
  const update = async (change?: () => Promise<void>): Promise<void> => {
    try {
      if (change) problem.value = undefined
      await change?.()
      batches.value = await readBatches(key)
    } catch (error) {
      if (!(error instanceof PageError)) throw error
      problem.value = error.problem
    }
  }
  useEffect(() => {
    void update()
    const timer = setInterval(() => {
      if (batches.peek()?.some(({ status }) => status !== 'completed' && status !== 'cancelled'))
        void update()
    }, LOOK_MS)
    return () => clearInterval(timer)
  }, [key])

  const t = text.value
  const wrong = problem.value
  return (
    <>
      {wrong && (
        <p class="wrong" role="alert">
          {t.problems[wrong.code]?.title ?? wrong.title}
          {wrong.detail && `: ${wrong.detail}`}
        </p>
      )}
      <label class="button add-batch">
        <Icon name="plus" />
        {t.batches.add}
        <input
          type="file"
          class="hidden-words"
          accept=".csv,.ndjson,.jsonl,text/csv"
          onChange={(event) => {
            const [manifest] = event.currentTarget.files ?? []
            event.currentTarget.value = ''
            if (manifest) void update(() => createBatch(key, manifest))
          }}
        />
      </label>
      {!batches.value && !wrong && <span class="spinner" />}
      {batches.value?.length === 0 && <p class="fine">{t.batches.none}</p>}
      <ul class="batches">
        {batches.value?.map((batch) => (
          <BatchRow key={batch.id} batch={batch} update={update} />
        ))}
      </ul>
    </>
  )
}
