import type { DataSet } from 'dicom-parser'
import type { ExaminationTags } from './examination-tags.ts'

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
