import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import type { Manifest } from '@detl/core/model/manifest'
import { parse } from 'csv-parse/sync'

type Row = Record<string, string>
const rowsOf = (path: string): Row[] => parse(readFileSync(path, 'utf8'), { columns: true })

/** The held-out images of a shipped model: its report names them (report/predictions.csv, fold 0). */
export const heldOut = (model: string): Row[] =>
  predictionsOf(model).filter(({ part, fold }) => part === 'test' && fold === '0')

const predictionsOf = (model: string): Row[] => rowsOf(join(model, 'report/predictions.csv'))

/** Of the training images as many as asked for, evenly: none that the report scored, and none of a patient who has a held-out one. */
export function trainingImages(model: string, data: string, count: number): string[] {
  const scored = new Set(
    predictionsOf(model)
      .filter(({ part, fold }) => part !== 'test' || fold === '0')
      .map(({ file }) => file),
  )
  const groups = new Set(heldOut(model).map(({ group }) => group))
  const training = rowsOf(join(data, 'manifest.csv')).filter(
    (row) => row.class_b && row.dataset !== 'figure1' && !scored.has(row.file) && !groups.has(row.group_id!),
  )
  const taken = Math.min(count, training.length)
  return Array.from({ length: taken }, (_, i) => training[Math.floor((i * training.length) / taken)]!.file!)
}

export async function tensorOf(path: string, { preprocess, gate }: Manifest): Promise<Uint8Array> {
  const options = { limits: DEFAULT_LIMITS, codecs }
  const bytes = new Uint8Array(readFileSync(path))
  return (await takeIn(bytes, preprocess, { mode: 'report', spec: gate }, options)).preprocessed.tensor
}
