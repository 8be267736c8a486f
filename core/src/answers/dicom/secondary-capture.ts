import type { Screened } from '../answer.ts'
import { severityIn } from '../lung-findings.ts'
import { shownOrientation } from '../picture/orientation.ts'
import { reportPicture } from '../picture/report-picture.ts'
import { tellSeverity } from '../severity-text.ts'
import { toldOf } from '../told.ts'
import { wordsOf } from '../words/words-of.ts'
import { dicomContext } from './context.ts'
import { equipment } from './equipment.ts'
import { SERIES_NUMBERS } from './series-numbers.ts'
import { reference } from './source-image.ts'
import type { DataSet } from './writer.ts'

const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7'

/**
 * The heat map over the film, with the decision burnt in, as Secondary Capture Image (PS3.3, A.8.1): same patient and study as the image, a
 * series of its own.
 */
export async function toSecondaryCapture(answer: Screened): Promise<Uint8Array<ArrayBuffer>> {
  const { source, header, date, time, uid, write } = await dicomContext(answer)
  const { width, height, data } = await reportPicture(answer)
  const { manifest, intake, language } = answer
  const { decision, told } = toldOf(answer)
  const words = wordsOf(language)
  const severity = severityIn(answer)
  const opacity = severity ? `${tellSeverity(severity, language).line}. ` : ''
  const orientation = shownOrientation(header?.orientation, intake.quality.corrected)
  const shown = told.classes.find((one) => one.class === decision.leading)!
  return write(SECONDARY_CAPTURE, await uid('secondary-capture'), {
    ...equipment(manifest),
    // General Series
    '00080060': ['CS', 'OT'],
    '0020000e': ['UI', await uid('secondary-capture-series')],
    '00200011': ['IS', SERIES_NUMBERS.secondaryCapture],
    '0008103e': ['LO', 'DETL heat map (not for diagnosis)'],
    '00180015': ['CS', 'CHEST'],
    // SC Equipment, SC Image
    '00080064': ['CS', 'WSD'],
    '00181012': ['DA', date],
    '00181014': ['TM', time],
    // General Image
    '00080008': ['CS', 'DERIVED\\SECONDARY'],
    '00080023': ['DA', date],
    '00080033': ['TM', time],
    '00200013': ['IS', '1'],
    '00200020': ['CS', orientation?.join('\\') ?? ''],
    '00204000': ['LT', `${told.headline}. ${opacity}${words.heatMapOf(shown.name)}. ${words.disclaimer}`],
    '00280301': ['CS', 'YES'], // Burned In Annotation; of no patient
    '00282110': ['CS', '00'],
    ...(source &&
      ({
        '00082111': ['ST', 'Class activation map of a model over the X-ray'],
        '00082112': ['SQ', { items: [reference(source)] }],
      } satisfies DataSet)),
    // Image Pixel
    '00280002': ['US', [3]],
    '00280004': ['CS', 'RGB'],
    '00280006': ['US', [0]],
    '00280010': ['US', [height]],
    '00280011': ['US', [width]],
    '00280100': ['US', [8]],
    '00280101': ['US', [8]],
    '00280102': ['US', [7]],
    '00280103': ['US', [0]],
    '7fe00010': ['OW', data],
  })
}
