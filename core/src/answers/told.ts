import { type Decision, decide } from '../api/decision.ts'
import type { Screened } from './answer.ts'
import { type Told, tell } from './decision-text.ts'

type Decided = Pick<Screened, 'manifest' | 'scores' | 'settings' | 'language'>

/** What was decided of a screening, and the same in the answer's language. */
export function toldOf({ manifest, scores, settings, language }: Decided): {
  readonly decision: Decision
  readonly told: Told
} {
  const decision = decide(manifest, settings, scores)
  return { decision, told: tell(decision, manifest, scores.probabilities, language) }
}
