import type * as z from 'zod'
import type { classInfoSchema } from './class-schema.ts'

/** Languages that answers can be written in. */
export const LANGUAGES = ['en', 'de'] as const
export type Language = (typeof LANGUAGES)[number]

/** What answers must know of a class to speak of it. */
export type ClassInfo = z.infer<typeof classInfoSchema>

/** The four classes of the paper's Data-B (Basu, Mitra & Saha 2020, section IV-B). */
const PAPER_CLASSES: readonly ClassInfo[] = [
  {
    id: 'normal',
    finding: false,
    name: { en: 'normal', de: 'unauffällig' },
    snomed: { code: '17621005', display: 'Normal' },
  },
  {
    id: 'other_disease',
    finding: true,
    name: { en: 'other disease', de: 'andere Erkrankung' },
    snomed: { code: '19829001', display: 'Disorder of lung' },
  },
  {
    id: 'pneumonia',
    finding: true,
    name: { en: 'pneumonia', de: 'Pneumonie' },
    snomed: { code: '233604007', display: 'Pneumonia' },
  },
  {
    id: 'covid19',
    finding: true,
    name: { en: 'COVID-19', de: 'COVID-19' },
    snomed: {
      code: '840539006',
      display: 'Disease caused by severe acute respiratory syndrome coronavirus 2',
    },
  },
]

/**
 * The classes of a model, in the order of its scores: as its manifest describes them, or else the paper's. A class that nobody described
 * is a finding that is called by its identifier.
 * @example classesOf(manifest).filter(({ finding }) => finding)
 */
export const classesOf = ({ labels, classes = PAPER_CLASSES }: Described): ClassInfo[] =>
  labels.map((id) => classes.find((one) => one.id === id) ?? { id, finding: true, name: { en: id } })

/** A model as far as its classes go. */
export type Described = {
  readonly labels: readonly string[]
  readonly classes?: readonly ClassInfo[] | undefined
}

/** A class as it is called in a language. */
export const classNameIn = ({ name }: ClassInfo, language: Language): string => name[language] ?? name.en
