import { readText } from '../text-file.ts'
import type { SourceRow } from './labels.ts'
import { UNKNOWN } from './table.ts'

/** COVID-Net's names of collections → those used here. */
const COLLECTIONS: Readonly<Record<string, string>> = { fig1: 'figure1', actmed: 'actualmed' }

/** Classes of all versions: three in 1 to 5 and A, two in 6 and B, two grades in Sev. */
const CLASSES: Readonly<Record<string, string>> = {
  normal: 'normal',
  pneumonia: 'pneumonia',
  'COVID-19': 'covid19',
  positive: 'covid19',
  negative: 'no_covid19',
  level1: 'level1',
  level2: 'level2',
}

/** Patient, file, class and, from version 3 on, mostly, a collection. In 7 and 8 some patients have a space: "COVID 1". */
const LINE = new RegExp(
  `^(?<patient>.+?) (?<file>[^ ]+\\.(?:png|jpe?g|webp)) (?<label>${Object.keys(CLASSES).join('|')})(?: (?<source>[^ ]+))?$`,
  'i',
)

/**
 * Split files of COVIDx (Wang, Lin & Wong 2020): train_COVIDx*.txt and test_COVIDx*.txt of versions 1 to 9, A, B and Sev, as COVID-Net's
 * repository has them. Which of them an image is in is not used: in versions 6 and 7B a patient is in both. Rows that say the same twice,
 * as 3,079 of version 1 do, count once.
 * @throws with the number of the first line that is none of these
 */
export function readCovidxLabels(path: string): SourceRow[] {
  const rows = new Map<string, SourceRow>()
  for (const [i, text] of readText(path).split(/\r?\n/).entries()) {
    if (text.trim() === '') continue
    const found = LINE.exec(text.trim())?.groups
    if (!found)
      throw new Error(`${path}, line ${i + 1}: "${text.slice(0, 80)}" is not PATIENT FILE CLASS [COLLECTION]`)
    const {
      patient,
      file,
      label,
      source = 'covidx',
    } = found as Record<'patient' | 'file' | 'label', string> & { source?: string }
    rows.set(`${file} ${label}`, {
      ...UNKNOWN,
      image: file,
      dataset: COLLECTIONS[source] ?? source,
      // One name a patient over all versions, whether or not they name the collection.
      patient: `covidx:${patient.replace(/ /g, '_')}`,
      finding: label,
      classB: CLASSES[label],
      licence: 'as the collections state',
    })
  }
  return [...rows.values()]
}
