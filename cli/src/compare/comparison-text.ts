import type { Compared, Step } from '@detl/core/answers/comparison/compared'
import { headlineOf, signedPercent, zoneIn } from '@detl/core/answers/comparison/told'
import { comparisonWordsOf } from '@detl/core/answers/comparison/words-of'
import { percent } from '@detl/core/answers/decision-text'
import { wordsOf } from '@detl/core/answers/words/words-of'
import { ZONES } from '@detl/core/lungs/zones'

/** A comparison as people read it on a terminal. @param files as they were named */
export function comparisonText(compared: Compared, files: readonly string[]): string {
  const { films, steps, overall, remarks, language, manifest } = compared
  const [words, common] = [comparisonWordsOf(language), wordsOf(language)]
  const remarksOf = (all: readonly Step['remarks'][number][]) =>
    all.map((remark) => `  ! ${words.remark[remark]}`)
  const later = (step: Step) => (step.days === undefined ? '' : ` (${words.days(step.days)})`)
  return [
    headlineOf(overall, language),
    ...remarksOf(overall.remarks),
    '',
    ...films.map((film, i) => `  ${words.film(i + 1, film.taken)}: ${files[film.position]}`),
    '',
    ...(steps.length > 1
      ? [
          ...steps.flatMap((step) => [
            `  ${step.from + 1}, ${step.to + 1}${later(step)}: ${headlineOf(step, language)}`,
            ...remarksOf(step.remarks),
          ]),
          '',
        ]
      : []),
    ...zonesOf(overall, language),
    ...remarks.map((remark) => `  ! ${words.remark[remark]}`),
    '',
    words.notice,
    `${common.notForDiagnosis}. ${common.model}: ${manifest.name} ${manifest.version}`,
    '',
  ].join('\n')
}

function zonesOf({ changes }: Step, language: Compared['language']): string[] {
  if (!changes) return []
  const words = comparisonWordsOf(language)
  const { columns } = words
  const rows = [
    [columns.zone, columns.from, columns.to, columns.change, columns.trend],
    ...ZONES.map((zone) => {
      const { from, to, change, trend } = changes.zones[zone]
      return [
        zoneIn(zone, language),
        percent(from, language),
        percent(to, language),
        signedPercent(change.value, language),
        words.trendInAWord[trend],
      ]
    }),
  ]
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)))
  return [...rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ')}`.trimEnd()), '']
}
