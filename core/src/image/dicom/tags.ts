import type { DataSet } from 'dicom-parser'
import { printable } from './damaged.ts'

/** What the object says of the examination. Nothing of the patient is read. */
export type ExaminationTags = {
  readonly modality: string
  readonly bodyPart: string
  readonly view: string
  /** Row direction of the Patient Orientation, such as L or P. */
  readonly rowDirection: string
}

export function readTags(dataSet: DataSet): ExaminationTags {
  const text = (tag: string, index?: number) =>
    printable(dataSet.string(tag, index) ?? '')
      .trim()
      .toUpperCase()
  return {
    modality: text('x00080060'),
    bodyPart: text('x00180015'),
    view: text('x00185101') || viewMeaning(dataSet),
    rowDirection: text('x00200020', 0),
  }
}

/** Code Meaning of the View Code Sequence (0054,0220), where View Position is empty. */
function viewMeaning(dataSet: DataSet): string {
  const meaning = dataSet.elements.x00540220?.items?.[0]?.dataSet?.string('x00080104')
  return printable(meaning ?? '')
    .trim()
    .toUpperCase()
}
