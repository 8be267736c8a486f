import type { Problem } from '../engine/types.ts'
import { deviceOffered } from '../state/model.ts'
import { settings } from '../state/settings.ts'
import { text } from '../text/text.ts'
import type { Words } from '../text/words.ts'
import { Icon } from './icon.tsx'
import { openKeyDialog } from './key-dialog.tsx'

/** The endpoint or its model is away: the device can go on. */
const ENDPOINT_DOWN: readonly Problem['code'][] = [
  'offline',
  'internal',
  'upstream-unavailable',
  'upstream-timeout',
  'upstream-invalid',
]

/** What went wrong, in plain words, and what to do about it. */
export function ProblemCard({ problem, retry }: { problem: Problem; retry(): void }) {
  const t = text.value
  const words: Words | undefined = t.problems[problem.code]
  const refused = problem.code === 'image-unsuitable' && t.refusals[problem.detail.split(':')[0] ?? '']
  const deviceMayHelp =
    deviceOffered && settings.place.value === 'endpoint' && ENDPOINT_DOWN.includes(problem.code)
  return (
    <div class="card problem" role="alert">
      <h3>
        <Icon name="warning" />
        {words?.title ?? problem.title ?? problem.code}
      </h3>
      {words && <p>{words.advice}</p>}
      {problem.detail && <p class="fine">{refused || problem.detail}</p>}
      {problem.requestId && (
        <p class="fine">
          {t.result.requestId} <code>{problem.requestId}</code>
        </p>
      )}
      <div class="row">
        {deviceMayHelp && (
          <button
            type="button"
            class="button primary"
            onClick={() => {
              settings.place.value = 'device'
              retry()
            }}
          >
            <Icon name="device" />
            {t.list.scoreHere}
          </button>
        )}
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
