import type { Ranged, Severity } from '../lungs/severity.ts'
import { PLACES, ZONES, type Zone } from '../lungs/zones.ts'
import type { Language } from '../model/classes.ts'
import type { AnswerWords } from './words/words.ts'
import { wordsOf } from './words/words-of.ts'

/** A lung or a zone of one. */
export type LungPart = 'right' | 'left' | Zone

/** A part in words; each number with its range: `15 % (0–57 %)`. */
export type ToldPart = {
  readonly part: LungPart
  readonly name: string
  readonly extent: string
  /** 0 … 3; of a zone alone. */
  readonly points: string | undefined
}

/** A severity in words. */
export type ToldSeverity = {
  readonly assessable: boolean
  /** Without a full stop at its end: the score and both lungs with their ranges, and what is to be known of the lungs; or why it is not assessable. */
  readonly line: string
  /** Both lungs, then the zones; none where it is not assessable. */
  readonly parts: readonly ToldPart[]
  /** What the ranges are, and what the numbers are not. */
  readonly caution: string
}

/**
 * A severity in the words of a language: the only source of what FHIR, DICOM, PDF, HL7, page, print and command line say of it.
 * @example tellSeverity(severity, 'en').line // Opacity of the lungs: 8.1 (range 1.6 to 14.6) of 18 points; right lung 41 % (…), left lung 22 % (…)
 */
export function tellSeverity(severity: Severity, language: Language): ToldSeverity {
  const { severity: words, decimalPoint } = wordsOf(language)
  if (!severity.assessable) {
    const why = words.faults[severity.reason.code]
    return {
      assessable: false,
      line: `${words.title}: ${words.notAssessable}: ${why}`,
      parts: [],
      caution: words.isNot,
    }
  }
  const { score, extent, zones, level, remarks = [] } = severity
  const points = (value: number) => value.toFixed(1).replace('.', decimalPoint)
  const said = ({ value, low, high }: Ranged, write: (value: number) => string) =>
    words.ranged(write(value), write(low), write(high))
  const lungs = (['right', 'left'] as const).map(
    (side) => `${words[side]} ${said(extent[side], wholePercent)}`,
  )
  const inShort = ({ value, low, high }: Ranged) =>
    `${wholePercent(value)} (${Math.round(100 * low)}–${wholePercent(high)})`
  return {
    assessable: true,
    line: [
      `${words.title}: ${words.score(said(score, points))}; ${lungs.join(', ')}`,
      ...remarks.map((one) => words.remarks[one]),
    ].join('. '),
    parts: [
      ...(['right', 'left'] as const).map((part) => ({
        part,
        name: words[part],
        extent: inShort(extent[part]),
        points: undefined,
      })),
      ...ZONES.map((zone) => ({
        part: zone,
        name: zoneName(zone, words),
        extent: inShort(zones[zone].extent),
        points: `${points(zones[zone].score.value)} (${points(zones[zone].score.low)}–${points(zones[zone].score.high)})`,
      })),
    ],
    caution: `${words.isNot} ${words.ranges(wholePercent(level))}`,
  }
}

/** Ranges are tens of percents wide: tenths would claim a precision that they deny. */
const wholePercent = (share: number): string => `${Math.round(100 * share)} %`

/** A zone by its lung, its place in it and its letter. */
export const zoneName = (zone: Zone, words: AnswerWords['severity']): string =>
  `${words[PLACES[zone].side]}, ${words.levels[PLACES[zone].level]} (${zone})`
