import type { Comparison, ComparisonStep } from '../../api/comparison.ts'
import { DISCLAIMER } from '../../api/disclaimer.ts'
import { RETEST } from '../../comparison/retest.ts'
import { COMPARISON_REMARKS, FILM_REMARKS, NO_COMPARISON } from '../../comparison/trend.ts'
import type { Answer } from '../answer.ts'
import { toJson } from '../json.ts'
import { type Compared, type FilmToCompare, type Step, screenedFilm } from './compared.ts'
import { headlineOf } from './told.ts'
import { comparisonWordsOf } from './words-of.ts'

/** A comparison as `comparisonSchema` says. Texts that people read are in the answer's language; those beside codes are English, as elsewhere. */
export function comparisonJson(compared: Compared): Comparison {
  const { id, manifest, films, order, steps, overall, remarks, language } = compared
  const { score, bothExtent, extent, zoneExtent } = RETEST.smallest
  return {
    id,
    model: { name: manifest.name, version: manifest.version },
    films: films.map((film) => ({
      screening: film.id,
      position: film.position,
      ...(film.taken !== undefined && { taken: film.taken }),
      severity: film.film.severity,
    })),
    order,
    steps: steps.map((step) => stepJson(step, language)),
    overall: stepJson(overall, language),
    smallestChange: { score, bothExtent, extent, zoneExtent, level: RETEST.level },
    remarks: remarks.map((code) => ({ code, detail: COMPARISON_REMARKS[code] })),
    screenings: screeningsOf(compared),
    notice: comparisonWordsOf(language).notice,
    disclaimer: DISCLAIMER,
  }
}

/** The same of a film that a service screened. */
export const servedFilm = (answer: Answer): FilmToCompare => ({
  ...screenedFilm(answer),
  screening: () => toJson(answer),
})

/** The screenings that a service made for a comparison, in the order of the request. */
const screeningsOf = ({ films }: Pick<Compared, 'films'>): Comparison['screenings'] =>
  films.toSorted((a, b) => a.position - b.position).flatMap(({ screening }) => screening?.() ?? [])

function stepJson(step: Step, language: Compared['language']): ComparisonStep {
  const { from, to, days, trend, reason, changes, alignment, remarks } = step
  return {
    from,
    to,
    ...(days !== undefined && { days }),
    trend,
    headline: headlineOf(step, language),
    ...(reason && { reason: { code: reason, detail: NO_COMPARISON[reason] } }),
    ...(changes && { changes }),
    ...(alignment && {
      alignment: {
        affine: alignment.affine.map(rounded) as unknown as NonNullable<
          ComparisonStep['alignment']
        >['affine'],
        overlap: rounded(alignment.overlap),
        correlation: rounded(alignment.correlation),
        mirrored: alignment.mirrored,
      },
    }),
    remarks: remarks.map((code) => ({ code, detail: FILM_REMARKS[code] })),
  }
}

const rounded = (value: number): number => Math.round(value * 10_000) / 10_000
