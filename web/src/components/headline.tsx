import type { Result } from '../engine/types.ts'
import { text } from '../text/text.ts'
import { told } from '../text/told.ts'

/** What was decided: the first thing to be read. */
export function Headline({ result }: { result: Result }) {
  return (
    <div class="card headline" data-outcome={result.decision.outcome}>
      <p class="eyebrow">{text.value.result.decision}</p>
      <p class="headline-label">{told(result).headline}</p>
    </div>
  )
}
