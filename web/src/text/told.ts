import { type Told, tell } from '@detl/core/answers/decision-text'
import type { Result } from '../engine/types.ts'
import { settings } from '../state/settings.ts'

/** What was decided, in the page's language: the words of every other representation too. */
export const told = ({ decision, classes, probabilities }: Result): Told =>
  tell(decision, { labels: classes.map(({ id }) => id), classes }, probabilities, settings.language.value)
