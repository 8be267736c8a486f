import type { Language } from '../../model/classes.ts'
import type { Manifest } from '../../model/manifest.ts'
import { wordsOf } from '../words/words-of.ts'
import { code, container, evidence, imageItem, languageItem, observer, textItem } from './content-items.ts'
import { dicomContext } from './context.ts'
import { equipment } from './equipment.ts'
import type { DataSet } from './writer.ts'

const BASIC_TEXT_SR = '1.2.840.10008.5.1.4.1.1.88.11'

/** An image that was refused, or could not be read. */
export type Refused = {
  /** Of the refusal; the same id, the same UIDs. */
  readonly id: string
  /** In ms since the epoch. */
  readonly at: number
  readonly manifest: Pick<Manifest, 'name' | 'version'>
  /** The DICOM object. */
  readonly bytes: Uint8Array
  /** Why, as an `AppError` says it. */
  readonly detail: string
  readonly language: Language
}

/**
 * A short report in the image's own study that says why there are no scores (Basic Text SR, PS3.3, A.35.1): who waits for a result at the
 * archive sees it there. Its root is LOINC's diagnostic imaging study, which viewers show as text.
 * @throws AppError image-undecodable where the object's header cannot be read
 */
export async function toRefusalReport(refused: Refused): Promise<Uint8Array<ArrayBuffer>> {
  const { manifest, language, detail } = refused
  const words = wordsOf(language)
  const context = await dicomContext({ ...refused, intake: { source: { format: 'dicom' } } })
  const { source, date, time, uid, write } = context
  return write(BASIC_TEXT_SR, await uid('refusal'), {
    ...equipment(manifest),
    '00080060': ['CS', 'SR'],
    '0020000e': ['UI', await uid('refusal-series')],
    '00200011': ['IS', '9003'],
    '0008103e': ['LO', words.refused.series],
    '00081111': ['SQ', { items: [] }],
    '00080023': ['DA', date],
    '00080033': ['TM', time],
    '00200013': ['IS', '1'],
    '0040a372': ['SQ', { items: [] }],
    '0040a491': ['CS', 'COMPLETE'],
    '0040a493': ['CS', 'UNVERIFIED'],
    ...(source && ({ '0040a375': ['SQ', { items: [evidence(source)] }] } satisfies DataSet)),
    '0040a040': ['CS', 'CONTAINER'],
    '0040a043': code(['18748-4', 'LN', 'Diagnostic imaging study']),
    '0040a050': ['CS', 'SEPARATE'],
    '0040a730': [
      'SQ',
      {
        items: [
          languageItem(language),
          ...observer(manifest, await uid('device')),
          container(
            ['121076', 'DCM', 'Conclusions'],
            [
              {
                ...textItem('CONTAINS', ['121077', 'DCM', 'Conclusion'], words.refused.because(detail)),
                ...(source && ({ '0040a730': ['SQ', { items: [imageItem(source)] }] } satisfies DataSet)),
              },
            ],
          ),
        ],
      },
    ],
  })
}
