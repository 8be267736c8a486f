import type { Language } from '../../model/classes.ts'
import type { Manifest } from '../../model/manifest.ts'
import { type Code, code, languageItem, observer } from './content-items.ts'
import type { DicomContext } from './context.ts'
import { equipment } from './equipment.ts'
import { reference, type SourceImage } from './source-image.ts'
import type { DataSet } from './writer.ts'

export const COMPREHENSIVE_SR = '1.2.840.10008.5.1.4.1.1.88.33'
/** LOINC's, which viewers show as text. */
export const IMAGING_STUDY: Code = ['18748-4', 'LN', 'Diagnostic imaging study']

/** Nobody verifies what a model says; scores are preliminary, that there are none is not. */
const STANDING = {
  preliminary: { '0040a491': ['CS', 'PARTIAL'], '0040a496': ['CS', 'PRELIMINARY'] },
  complete: { '0040a491': ['CS', 'COMPLETE'] },
} as const satisfies Record<string, DataSet>

/** What one kind of report has of its own. */
export type SrDocument = {
  readonly manifest: Pick<Manifest, 'name' | 'version'>
  readonly language: Language
  readonly sopClass: string
  /** Of its UID. */
  readonly role: string
  readonly series: { readonly role: string; readonly number: string; readonly description: string }
  /** Concept of the root. */
  readonly title: Code
  readonly standing: keyof typeof STANDING
  /** TID of PS3.16 that its content follows. */
  readonly template?: string
  /** All that the content refers to, in the order of the evidence. */
  readonly images: readonly (SourceImage | undefined)[]
  /** Below the root, behind its language and observer. */
  readonly content: readonly DataSet[]
}

/** A structured report as a file: what PS3.3 asks of every one (A.35, C.17), and the content. The model is the observer. */
export async function writeSrDocument(
  { source, date, time, uid, write }: DicomContext,
  document: SrDocument,
): Promise<Uint8Array<ArrayBuffer>> {
  const { manifest, language, sopClass, role, series, title, standing, template, images, content } = document
  return write(sopClass, await uid(role), {
    ...equipment(manifest),
    // SR Document Series
    '00080060': ['CS', 'SR'],
    '0020000e': ['UI', await uid(series.role)],
    '00200011': ['IS', series.number],
    '0008103e': ['LO', series.description],
    '00081111': ['SQ', { items: [] }],
    // SR Document General
    '00080023': ['DA', date],
    '00080033': ['TM', time],
    '00200013': ['IS', '1'],
    '0040a372': ['SQ', { items: [] }],
    '0040a493': ['CS', 'UNVERIFIED'],
    ...STANDING[standing],
    ...evidenceOf(images, source?.study),
    // SR Document Content
    '0040a040': ['CS', 'CONTAINER'],
    '0040a043': code(title),
    '0040a050': ['CS', 'SEPARATE'],
    ...(template !== undefined &&
      ({
        '0040a504': ['SQ', { items: [{ '00080105': ['CS', 'DCMR'], '0040db00': ['CS', template] }] }],
      } satisfies DataSet)),
    '0040a730': [
      'SQ',
      { items: [languageItem(language), ...observer(manifest, await uid('device')), ...content] },
    ],
  })
}

/** Images of the report’s own study, and of others (PS3.3, tables C.17-2 and C.17-3): each once. */
function evidenceOf(images: readonly (SourceImage | undefined)[], study: string | undefined): DataSet {
  const distinct = [
    ...new Map(images.flatMap((image) => (image ? [[image.sopInstance, image]] : []))).values(),
  ]
  const items = (of: readonly SourceImage[]): DataSet[] =>
    groups(of, (image) => image.study).map(([uid, inStudy]) => ({
      '0020000d': ['UI', uid],
      '00081115': [
        'SQ',
        {
          items: groups(inStudy, (image) => image.series).map(
            ([series, inSeries]): DataSet => ({
              '0020000e': ['UI', series],
              '00081199': ['SQ', { items: inSeries.map(reference) }],
            }),
          ),
        },
      ],
    }))
  const own = items(distinct.filter((image) => image.study === study))
  const others = items(distinct.filter((image) => image.study !== study))
  return {
    ...(own.length > 0 && ({ '0040a375': ['SQ', { items: own }] } satisfies DataSet)),
    ...(others.length > 0 && ({ '0040a385': ['SQ', { items: others }] } satisfies DataSet)),
  }
}

const groups = <T>(of: readonly T[], key: (one: T) => string): [string, T[]][] => {
  const out = new Map<string, T[]>()
  for (const one of of) out.set(key(one), [...(out.get(key(one)) ?? []), one])
  return [...out]
}
