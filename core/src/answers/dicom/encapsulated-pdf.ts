import type { Screened } from '../answer.ts'
import { toPdf } from '../pdf/report.ts'
import { wordsOf } from '../words/words-of.ts'
import { code } from './content-items.ts'
import { dicomContext } from './context.ts'
import { equipment } from './equipment.ts'
import { SERIES_NUMBERS } from './series-numbers.ts'
import { reference } from './source-image.ts'
import type { DataSet } from './writer.ts'

const ENCAPSULATED_PDF = '1.2.840.10008.5.1.4.1.1.104.1'

/** The report on paper as Encapsulated PDF (PS3.3, A.45.1): same patient and study as the image, a series of its own. */
export async function toEncapsulatedPdf(answer: Screened): Promise<Uint8Array<ArrayBuffer>> {
  const { source, date, time, uid, write } = await dicomContext(answer)
  const pdf = await toPdf(answer)
  return write(ENCAPSULATED_PDF, await uid('pdf'), {
    ...equipment(answer.manifest),
    // Encapsulated Document Series
    '00080060': ['CS', 'DOC'],
    '0020000e': ['UI', await uid('pdf-series')],
    '00200011': ['IS', SERIES_NUMBERS.pdf],
    '0008103e': ['LO', 'DETL report (not for diagnosis)'],
    // SC Equipment, Encapsulated Document
    '00080064': ['CS', 'WSD'],
    '00080023': ['DA', date],
    '00080033': ['TM', time],
    '0008002a': ['DT', ''],
    '00200013': ['IS', '1'],
    '00280301': ['CS', 'YES'], // Burned In Annotation: patient and accession number, where the header has them
    '0040a043': code(['18748-4', 'LN', 'Diagnostic imaging study']),
    '00420010': ['ST', wordsOf(answer.language).title],
    '00420011': ['OB', pdf],
    '00420012': ['LO', 'application/pdf'],
    '00420015': ['UL', [pdf.length]],
    ...(source && ({ '00420013': ['SQ', { items: [reference(source)] }] } satisfies DataSet)),
  })
}
