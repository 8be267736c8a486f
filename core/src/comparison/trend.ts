import { LUNG_FAULTS, type LungFault } from '../lungs/lung.ts'

export const TRENDS = ['better', 'unchanged', 'worse', 'cannot-tell'] as const
/** What became of the opacity: `better` is less of it, `worse` is more. It says nothing of how the patient is. */
export type Trend = (typeof TRENDS)[number]

/** Why two films cannot be compared, each of which can be assessed. */
export const FAULTS_OF_TWO = {
  'lungs-do-not-match':
    'the lungs of the two films do not lie upon each other; projection, inspiration or patient differ too much',
  'zones-disagree': 'some zones are less opaque and others more, and the whole is about the same',
  'not-measured': 'how much this model’s figures vary between films of one patient was not measured',
} as const
export type FaultOfTwo = keyof typeof FAULTS_OF_TWO
/** The same, and why a film cannot be assessed. */
export const NO_COMPARISON = { ...LUNG_FAULTS, ...FAULTS_OF_TWO } as const
export type NoComparison = LungFault | FaultOfTwo

/** What is to be known beside the trend. */
export const FILM_REMARKS = {
  'sides-exchanged':
    'one of the two films lies mirrored to the other: their sides were exchanged for the comparison; which film is the wrong way round, it cannot tell',
  'sides-uncertain':
    'one of the two films may lie mirrored to the other: zones of the wrong side may be compared',
  'sides-unchecked':
    'only the kept answers were compared, not the films: whether one lies mirrored, or is a copy of the other, was not looked at',
  'same-film': 'the two look like one film, or copies of it',
  'maybe-more':
    'a little more of the lungs is opaque: more than copies of one film differ by, and no more than projection and inspiration may change',
  'maybe-less':
    'a little less of the lungs is opaque: more than copies of one film differ by, and no more than projection and inspiration may change',
} as const
export type FilmRemark = keyof typeof FILM_REMARKS

/** What is to be known of the request beside the films. */
export const COMPARISON_REMARKS = {
  ...FILM_REMARKS,
  'order-given': 'not every film states its date: they are compared in the order in which they were given',
  'order-within-day':
    'films of one day do not state different times of day: those are compared in the order in which they were given',
  'patients-differ': 'the headers name different patients; the caller asked for the comparison all the same',
  'patient-unknown': 'not every film names its patient: that all are of one patient is the caller’s word',
} as const
export type ComparisonRemark = keyof typeof COMPARISON_REMARKS
