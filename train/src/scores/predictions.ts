import { LABELS } from '@detl/core/model/labels'
import type { ImageRecord } from '../data/record.ts'
import { mean } from '../statistics.ts'
import type { FoldPredictions, Part } from './files.ts'

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

/** Images of one part with calibrated probabilities; images without a Data-B class are passed over. */
export function scored(
  folds: readonly FoldPredictions[],
  part: Part,
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

/** External images are scored by every fold's model: their mean is the ensemble's answer. */
export function averageOverFolds(images: readonly Scored[]): Scored[] {
  const byFile = new Map<string, Scored[]>()
  for (const s of images) byFile.set(s.file, [...(byFile.get(s.file) ?? []), s])
  return [...byFile.values()].map((all) => {
    const probabilities = LABELS.map((_, c) => mean(all.map((s) => s.probabilities[c]!)))
    return { ...all[0]!, probabilities, predicted: probabilities.indexOf(Math.max(...probabilities)) }
  })
}

function softmax(logits: readonly number[], temperature: number): number[] {
  const max = Math.max(...logits)
  const e = logits.map((z) => Math.exp((z - max) / temperature))
  const sum = e.reduce((a, b) => a + b, 0)
  return e.map((v) => v / sum)
}
