/**
 * The four classes of Data-B, in the order of scores. The default list, where a data set names none of its own.
 * Basu, Mitra & Saha 2020, section IV-B.
 */
export const LABELS = ['normal', 'other_disease', 'pneumonia', 'covid19'] as const
/** Identifier of a class. Models may have other classes than these four: their manifests list them. */
export type Label = string
