import type { Language } from '../../model/classes.ts'
import type { Manifest } from '../../model/manifest.ts'
import { wordsOf } from '../words/words-of.ts'
import { container, imageItem, textItem } from './content-items.ts'
import { dicomContext } from './context.ts'
import { SERIES_NUMBERS } from './series-numbers.ts'
import { IMAGING_STUDY, writeSrDocument } from './sr-document.ts'
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
 * archive sees it there.
 * @throws AppError image-undecodable where the object's header cannot be read
 */
export async function toRefusalReport(refused: Refused): Promise<Uint8Array<ArrayBuffer>> {
  const { manifest, language, detail } = refused
  const words = wordsOf(language)
  const context = await dicomContext({ ...refused, intake: { source: { format: 'dicom' } } })
  const { source } = context
  return writeSrDocument(context, {
    ...{ manifest, language },
    sopClass: BASIC_TEXT_SR,
    role: 'refusal',
    series: { role: 'refusal-series', number: SERIES_NUMBERS.refusal, description: words.refused.series },
    title: IMAGING_STUDY,
    standing: 'complete',
    images: [source],
    content: [
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
  })
}
