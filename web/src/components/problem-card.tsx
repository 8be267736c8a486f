import type { Problem } from '../engine/types.ts'
import { openKeyDialog } from '../state/dialogs.ts'
import { deviceOffered } from '../state/model.ts'
import { settings } from '../state/settings.ts'
import { text } from '../text/text.ts'
import type { Words } from '../text/words.ts'
import { Icon } from './icon.tsx'

/** The endpoint or its model is away: the device can go on. */
const ENDPOINT_DOWN: readonly Problem['code'][] = [
  'offline',
  'internal',
  'upstream-unavailable',
  'upstream-timeout',
  'upstream-invalid',
]

/** The file itself is the matter: it fares no better another time. */
const OF_THE_FILE: readonly Problem['code'][] = [
  'image-missing',
  'image-too-large',
  'body-too-large',
  'image-unsupported',
  'image-undecodable',
  'image-unsuitable',
]

type Props = { problem: Problem; retry(): void; remove(): void }

/** What went wrong, in plain words, and what to do about it. */
export function ProblemCard({ problem, retry, remove }: Props) {
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
      {refused && <p class="fine">{refused}</p>}
      {problem.detail && !refused && (
        <p class="fine" lang="en">
          {problem.detail}
        </p>
      )}
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
        <NextStep problem={problem} retry={retry} remove={remove} />
      </div>
    </div>
  )
}

function NextStep({ problem: { code }, retry, remove }: Props) {
  const t = text.value
  if (code === 'key-invalid') {
    return (
      <button type="button" class="button primary" onClick={openKeyDialog}>
        <Icon name="key" />
        {t.key.set}
      </button>
    )
  }
  if (OF_THE_FILE.includes(code)) {
    return (
      <button type="button" class="button" onClick={remove}>
        <Icon name="close" />
        {t.list.removeIt}
      </button>
    )
  }
  return (
    <button type="button" class="button" onClick={retry}>
      <Icon name="retry" />
      {t.list.retry}
    </button>
  )
}
