import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LABELS, type Label } from '@detl/core/model/labels'
import { optionalNumber, type Row, readCsv, required } from '../csv.ts'
import type { ImageRecord } from '../record.ts'
import type { SourceRow } from './labels.ts'

/**
 * A folder with manifest.csv (file, dataset, patient_id, group_id, view, finding, class_a, class_b, age, sex, width,
 * height, src_width, src_height, sha256, license, tier, training_only) and, if present, manifest_lowres.csv of further images
 * for Data-A. An image without a group is in its patient's; one whose patient is not known either is a group of its own.
 */
export function readFolder(root: string): ImageRecord[] {
  const path = join(root, 'manifest.csv')
  if (!existsSync(path)) throw new Error(`${root} has no manifest.csv`)
  const records = readCsv(path).map((row, i) =>
    toRecord(row, i, path, root, row.group_id || row.patient_id || required(row, 'file', path, i)),
  )
  const groupOf = new Map(records.map((r) => [r.patient, r.group]))

  const lowRes = join(root, 'manifest_lowres.csv')
  if (existsSync(lowRes)) {
    for (const [i, row] of readCsv(lowRes).entries()) {
      const patient = required(row, 'patient_id', lowRes, i)
      records.push(toRecord(row, i, lowRes, root, groupOf.get(patient) ?? patient))
    }
  }
  return records
}

/** A folder's manifest.csv as a source to import from: to filter it by licence or to join it with others. */
export const readFolderLabels = (path: string): SourceRow[] =>
  readFolder(dirname(path)).map((r) => ({
    ...r,
    image: r.file,
    patient: r.patient ?? `${r.dataset}/${r.file}`,
  }))

function toRecord(row: Row, index: number, path: string, root: string, group: string): ImageRecord {
  const file = required(row, 'file', path, index)
  return {
    file,
    path: join(root, file),
    dataset: required(row, 'dataset', path, index),
    patient: row.patient_id || undefined,
    group,
    view: row.view === 'PA' || row.view === 'AP' ? row.view : 'unknown',
    finding: row.finding ?? '',
    classA: oneOf(row.class_a, ['normal', 'disease'] as const, `${path}, row ${index + 1}: class_a`),
    classB: oneOf<Label>(row.class_b, LABELS, `${path}, row ${index + 1}: class_b`),
    age: optionalNumber(row.age),
    sex: row.sex === 'F' || row.sex === 'M' ? row.sex : undefined,
    width: Number(required(row, 'width', path, index)),
    height: Number(required(row, 'height', path, index)),
    sourceWidth: optionalNumber(row.src_width),
    sourceHeight: optionalNumber(row.src_height),
    sha256: required(row, 'sha256', path, index),
    licence: row.license ?? '',
    tier: row.tier || undefined,
    trainingOnly: yesOrNo(row.training_only, `${path}, row ${index + 1}: training_only`),
  }
}

function oneOf<T extends string>(
  value: string | undefined,
  known: readonly T[],
  where: string,
): T | undefined {
  if (value === undefined || value === '') return undefined
  if (!known.includes(value as T)) throw new Error(`${where} is "${value}"; known: ${known.join(', ')}`)
  return value as T
}

function yesOrNo(value: string | undefined, where: string): boolean {
  const text = value?.trim().toLowerCase() ?? ''
  if (['', '0', 'no', 'false'].includes(text)) return false
  if (['1', 'yes', 'true'].includes(text)) return true
  throw new Error(`${where} is "${value}"; known: yes, no`)
}
