import { existsSync, readFileSync } from 'node:fs'
import { LABELS } from '@detl/core/model/labels'
import type { ImageRecord } from '../data/record.ts'
import { fitTemperature } from './calibration.ts'
import { mean } from './intervals.ts'

/** What a fold's model said of images that it had not seen. Written once, read by every figure of the report. */
export type FoldPredictions = {
  fold: number
  /** Fitted on the fold's validation part. */
  temperature: number
  validation: Scores
  test: Scores
  external: Scores
  /** Test images whose lungs are blanked, to the same network. */
  blanked: Scores
}

/** [N,C], one row a file */
export type Scores = { files: string[]; logits: number[][] }

const PARTS = ['validation', 'test', 'external', 'blanked'] as const

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

export const readPredictions = (path: string): FoldPredictions | undefined =>
  existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as FoldPredictions) : undefined

/**
 * What the members of a fold say together: the mean of their logits, with a temperature of its own, fitted on the same
 * validation images. The members were trained on the same images from other seeds.
 */
export function ensembleOf(
  members: readonly FoldPredictions[],
  records: ReadonlyMap<string, ImageRecord>,
): FoldPredictions {
  const [first, ...others] = members
  if (!first) throw new Error('an ensemble of no members')
  if (others.length === 0) return first
  const meanOf = (part: (typeof PARTS)[number]): Scores => {
    const { files } = first[part]
    for (const m of others) {
      if (m[part].files.join('\n') !== files.join('\n'))
        throw new Error(`the members of fold ${first.fold} were scored on different ${part} images`)
    }
    const logits = files.map((_, i) =>
      first[part].logits[i]!.map((_, c) => mean(members.map((m) => m[part].logits[i]![c]!))),
    )
    return { files, logits }
  }
  const [validation, test, external, blanked] = PARTS.map(meanOf) as [Scores, Scores, Scores, Scores]
  const truth = validation.files.map((f) => LABELS.indexOf(records.get(f)!.classB!))
  const temperature = fitTemperature(Float32Array.from(validation.logits.flat()), truth, LABELS.length)
  return { fold: first.fold, temperature, validation, test, external, blanked }
}

/** Images of one part with calibrated probabilities; images without a Data-B class are passed over. */
export function scored(
  folds: readonly FoldPredictions[],
  part: (typeof PARTS)[number],
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
