import type { FilmComparison } from '../../comparison/compare-films.ts'
import { RETEST } from '../../comparison/retest.ts'
import type { ComparisonRemark, FilmRemark, NoComparison } from '../../comparison/trend.ts'
import type { Zone } from '../../lungs/zones.ts'
import type { Language } from '../../model/classes.ts'
import { percent } from '../decision-text.ts'
import { zoneName } from '../severity-text.ts'
import { wordsOf } from '../words/words-of.ts'
import { comparisonWordsOf } from './words-of.ts'

/** A step in one sentence, without a full stop. */
export function headlineOf(
  step: Pick<FilmComparison, 'trend' | 'reason' | 'changes'>,
  language: Language,
): string {
  const words = comparisonWordsOf(language)
  const { trend, reason, changes } = step
  if (reason || !changes)
    return words.unmeasured(words.trend[trend], reasonIn(reason ?? 'lungs-not-found', language))
  const { from, to, change } = changes.extent.both
  return words.measured(
    words.trend[trend],
    percent(from, language),
    percent(to, language),
    signedPercent(change.value, language),
    percent(RETEST.smallest.bothExtent, language),
  )
}

type Remarked = { readonly from: number; readonly to: number; readonly remarks: readonly FilmRemark[] }

/** What is to be known of a comparison: of the request, then of each two films; which ones is said where there are more than two. */
export function remarksIn(
  compared: {
    readonly remarks: readonly ComparisonRemark[]
    readonly steps: readonly Remarked[]
    readonly overall: Remarked
  },
  language: Language,
): string[] {
  const { remark: texts, film } = comparisonWordsOf(language)
  const { remarks, steps, overall } = compared
  const which = ({ from, to }: Remarked) =>
    steps.length > 1 ? `${film(from + 1, undefined)}, ${film(to + 1, undefined)}: ` : ''
  const of = (step: Remarked) => step.remarks.map((remark) => which(step) + texts[remark])
  const between = steps.length > 1 ? steps : []
  return [...remarks.map((remark) => texts[remark]), ...between.flatMap(of), ...of(overall)]
}

/** Why two films cannot be compared, in words. */
const reasonIn = (reason: NoComparison, language: Language): string => {
  const texts: Readonly<Record<NoComparison, string>> = {
    ...wordsOf(language).severity.faults,
    ...comparisonWordsOf(language).reason,
  }
  return texts[reason]
}

/** A zone as severity calls it. */
export const zoneIn = (zone: Zone, language: Language): string => zoneName(zone, wordsOf(language).severity)

/** A score to a tenth. */
export const points = (value: number, language: Language): string =>
  value.toFixed(1).replace('.', wordsOf(language).decimalPoint)

/** A change of a share, in points of percent, with its sign. */
export const signedPercent = (value: number, language: Language): string =>
  `${value > 0 ? '+' : value < 0 ? '−' : '±'}${percent(Math.abs(value), language)}`
