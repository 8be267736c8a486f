import { existsSync, readFileSync } from 'node:fs'
import { LABELS } from '@detl/core/model/labels'
import type { ImageRecord } from '../data/record.ts'
import { writeWhole } from '../model/files.ts'

/** What a fold's model said of images that it had not seen. Written once, read by every figure of the report. */
export type FoldPredictions = {
  fold: number
  /** Fitted on the fold's validation part. */
  temperature: number
  validation: { files: string[]; logits: number[][] }
  test: { files: string[]; logits: number[][] }
  external: { files: string[]; logits: number[][] }
  /** Test images whose lungs are blanked, to the same network. */
  blanked: { files: string[]; logits: number[][] }
}

/** One test image with everything that the figures need. */
export type Scored = {
  file: string
  record: ImageRecord
  fold: number
  truth: number
  logits: number[]
  /** Calibrated. */
  probabilities: number[]
  predicted: number
}

export const savePredictions = (path: string, p: FoldPredictions): void =>
  writeWhole(path, `${JSON.stringify(p)}\n`)

export const readPredictions = (path: string): FoldPredictions | undefined =>
  existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as FoldPredictions) : undefined

/** Images of one part with calibrated probabilities; images without a Data-B class are passed over. */
export function scored(
  folds: readonly FoldPredictions[],
  part: 'test' | 'external' | 'validation' | 'blanked',
  records: ReadonlyMap<string, ImageRecord>,
): Scored[] {
  return folds.flatMap((f) =>
    f[part].files.flatMap((file, i) => {
      const record = records.get(file)
      if (!record) throw new Error(`the predictions name ${file}, which the data do not have`)
      if (record.classB === undefined) return []
      const logits = f[part].logits[i]!
      const probabilities = softmax(logits, f.temperature)
      const predicted = probabilities.indexOf(Math.max(...probabilities))
      return [
        {
          file,
          record,
          fold: f.fold,
          truth: LABELS.indexOf(record.classB),
          logits,
          probabilities,
          predicted,
        },
      ]
    }),
  )
}

function softmax(logits: readonly number[], temperature: number): number[] {
  const max = Math.max(...logits)
  const e = logits.map((z) => Math.exp((z - max) / temperature))
  const sum = e.reduce((a, b) => a + b, 0)
  return e.map((v) => v / sum)
}
