import type { DataSet } from 'dicom-parser'

/**
 * What the object says of the examination, in capitals and without accents. Nothing of the patient is read.
 */
export type ExaminationTags = {
  readonly modality: string
  /** Body Part Examined, else the meaning of the Anatomic Region's code. */
  readonly bodyPart: string
  /** View Position, and the meaning of the View Code. */
  readonly view: string
  /** Code value of the View Code Sequence. */
  readonly viewCode: string
  /** Series Description, Protocol Name and Acquisition Device Processing Description. */
  readonly descriptions: readonly string[]
  /** Row direction of the Patient Orientation, such as L or P. */
  readonly rowDirection: string
}

export function readTags(dataSet: DataSet): ExaminationTags {
  const code = dataSet.elements.x00540220?.items?.[0]?.dataSet
  const region = dataSet.elements.x00082218?.items?.[0]?.dataSet
  return {
    modality: textOf(dataSet, 'x00080060'),
    bodyPart: textOf(dataSet, 'x00180015') || textOf(region, 'x00080104'),
    view: `${textOf(dataSet, 'x00185101')} ${textOf(code, 'x00080104')}`.trim(),
    viewCode: textOf(code, 'x00080100'),
    descriptions: ['x0008103e', 'x00181030', 'x00181400']
      .map((tag) => textOf(dataSet, tag))
      .filter((text) => text !== ''),
    rowDirection: textOf(dataSet, 'x00200020').split('\\')[0]!,
  }
}

const MAX_BYTES = 128

/** Text in UTF-8, else byte by byte: enough to tell words, whatever character set the object names. */
function textOf(dataSet: DataSet | undefined, tag: string): string {
  const element = dataSet?.elements[tag]
  if (dataSet === undefined || element === undefined) return ''
  const { dataOffset, length } = element
  const bytes = dataSet.byteArray.subarray(dataOffset, dataOffset + Math.min(length, MAX_BYTES))
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    text = String.fromCharCode(...bytes)
  }
  const plain = text
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .toUpperCase()
  return plain.replace(/[\p{Cc}\s]+/gu, ' ').trim()
}
