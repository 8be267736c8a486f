import type { Problem } from '../engine/types.ts'
import type { Words } from '../text/en.ts'
import { text } from '../text/text.ts'
import { Icon } from './icon.tsx'
import { openKeyDialog } from './key-dialog.tsx'

/** What went wrong, in plain words, and what to do about it. */
export function ProblemCard({ problem, retry }: { problem: Problem; retry(): void }) {
  const t = text.value
  const words: Words | undefined = t.problems[problem.code]
  return (
    <div class="card problem" role="alert">
      <h3>
        <Icon name="warning" />
        {words?.title ?? problem.title ?? problem.code}
      </h3>
      {words && <p>{words.advice}</p>}
      {problem.detail && <p class="fine">{problem.detail}</p>}
      {problem.requestId && (
        <p class="fine">
          {t.result.requestId} <code>{problem.requestId}</code>
        </p>
      )}
      <div class="row">
        {problem.code === 'key-invalid' ? (
          <button type="button" class="button primary" onClick={openKeyDialog}>
            <Icon name="key" />
            {t.key.set}
          </button>
        ) : (
          <button type="button" class="button" onClick={retry}>
            <Icon name="retry" />
            {t.list.retry}
          </button>
        )}
      </div>
    </div>
  )
}
