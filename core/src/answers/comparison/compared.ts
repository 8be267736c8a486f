import { AppError } from '../../api/problem.ts'
import type { Screening } from '../../api/screening.ts'
import { compareFilms, type FilmComparison } from '../../comparison/compare-films.ts'
import { type Film, filmOf } from '../../comparison/film.ts'
import type { ComparisonRemark } from '../../comparison/trend.ts'
import type { Language } from '../../model/classes.ts'
import type { Manifest } from '../../model/manifest.ts'
import type { Screened } from '../answer.ts'
import { headerOf } from '../dicom/source-header.ts'
import { momentOf, orderOf } from './order.ts'

/** One film of a comparison: screened now, or of an answer that was kept. */
export type FilmToCompare = {
  /** Of its screening. */
  readonly id: string
  readonly film: Film
  /** Where it was screened now: everything that a picture or a report of it is made from. */
  readonly answer?: Screened | undefined
  /** The same as JSON, where a service screened it. */
  readonly screening?: () => Screening
}

/** A film in its place in time. */
export type DatedFilm = FilmToCompare & {
  /** Where it stood in the request, from 0. */
  readonly position: number
  /** YYYY-MM-DD. */
  readonly taken: string | undefined
}

export type Step = FilmComparison & {
  /** Indices into the films. */
  readonly from: number
  readonly to: number
  readonly days: number | undefined
}

/** Everything that an answer to a comparison is made from. */
export type Compared = {
  readonly id: string
  /** In ms since the epoch. */
  readonly at: number
  readonly manifest: Manifest
  readonly language: Language
  /** In the order of time. */
  readonly films: readonly DatedFilm[]
  readonly order: 'study-date' | 'given'
  readonly steps: readonly Step[]
  readonly overall: Step
  readonly remarks: readonly ComparisonRemark[]
  readonly references: Screened['references']
}

/**
 * Films of one patient, each with the one before it, and the last with the first.
 * @param films two or more, as they were sent
 * @param allowDifferentPatients compares films whose headers name different patients all the same, and says so
 * @throws AppError patients-differ; request-invalid where some state dates that contradict their order; comparison-unavailable where the model outlines no lungs
 */
export async function compareAll(
  films: readonly FilmToCompare[],
  about: Pick<Compared, 'id' | 'at' | 'manifest' | 'language' | 'references'>,
  allowDifferentPatients: boolean,
): Promise<Compared> {
  const { regions } = about.manifest
  if (!regions) throw noLungs()
  const headers = await Promise.all(films.map(({ answer }) => answer && headerOf(answer)))
  const patients = headers.map(
    (header) => header?.patientId && `${header.patientIdIssuer ?? ''}|${header.patientId}`,
  )
  const differ = new Set(patients.filter(Boolean)).size > 1
  if (differ && !allowDifferentPatients)
    throw new AppError(
      'patients-differ',
      'the Patient IDs in the headers are not the same; films of one patient are compared',
    )
  const moments = headers.map(momentOf)
  const { sequence, by, tied } = orderOf(moments)
  const ordered = sequence.map((position): DatedFilm => {
    return { ...films[position]!, position, taken: moments[position]!.taken }
  })
  const step = (from: number, to: number): Step => ({
    ...compareFilms(regions.network, ordered[from]!.film, ordered[to]!.film),
    from,
    to,
    days: daysBetween(ordered[from]!.taken, ordered[to]!.taken),
  })
  const steps = ordered.slice(1).map((_, i) => step(i, i + 1))
  return {
    ...about,
    films: ordered,
    order: by,
    steps,
    overall: steps.length === 1 ? steps[0]! : step(0, ordered.length - 1),
    remarks: [
      ...(by === 'given' ? (['order-given'] as const) : []),
      ...(tied ? (['order-within-day'] as const) : []),
      ...(differ ? (['patients-differ'] as const) : []),
      ...(patients.every(Boolean) ? [] : (['patient-unknown'] as const)),
    ],
  }
}

/** A film that was screened now. @throws AppError comparison-unavailable where the model outlines no lungs */
export function screenedFilm(answer: Screened): FilmToCompare {
  const film = filmOf(answer.manifest, answer.scores, answer.intake.preprocessed)
  if (!film) throw noLungs()
  return { id: answer.id, film, answer }
}

/**
 * A film of which the answer alone was kept.
 * @throws AppError comparison-unavailable where the answer has no severity, or is of another model or another network of the lungs
 */
export function keptFilm({ id, severity, model }: Screening, manifest: Manifest): FilmToCompare {
  if (model.name !== manifest.name || model.version !== manifest.version)
    throw new AppError(
      'comparison-unavailable',
      `the kept answer is of the model ${model.name} ${model.version}; the service has ${manifest.name} ${manifest.version} now`,
    )
  if (!severity) throw noLungs()
  // `detl add-regions` leaves the model's own version as it is.
  if (model.lungs?.sha256 !== manifest.regions?.network.sha256)
    throw new AppError(
      'comparison-unavailable',
      `the kept answer has its severity of another network of the lungs than the service has now: send the film again, or another answer`,
    )
  return { id, film: { severity } }
}

const noLungs = () =>
  new AppError(
    'comparison-unavailable',
    'the model outlines no lungs, so there is nothing to compare; `detl add-regions MODEL --lungs models/lungs-128` adds a network that does',
  )

const DAY_MS = 24 * 3600_000
const daysBetween = (from: string | undefined, to: string | undefined): number | undefined =>
  from === undefined || to === undefined
    ? undefined
    : Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS)
