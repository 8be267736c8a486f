import { type Told, tell } from '@detl/core/answers/decision-text'
import { LABELS } from '@detl/core/model/labels'
import type { Result } from '../engine/types.ts'
import { settings } from '../state/settings.ts'

/** What was decided, in the page's language: the words of every other representation too. */
export const told = ({ decision, probabilities }: Result): Told =>
  tell(decision, { labels: LABELS }, probabilities, settings.language.value)
