import type { ClassList } from '@detl/core/model/class-list'
import type { ImageRecord } from '../data/record.ts'
import { classTextOf, type LabelledRecords } from '../data/truth.ts'
import { sigmoid } from '../softmax.ts'
import { mean } from '../statistics.ts'
import type { FoldPredictions, Part } from './files.ts'

/** One test image with everything that the figures need. */
export type Scored = {
  file: string
  record: ImageRecord
  fold: number
  /** Which classes are true of it: [C] of 0 and 1. */
  truths: readonly number[]
  logits: number[]
  /** Calibrated. */
  probabilities: number[]
  /** Which classes are said of it, as `calledOf` says them: [C] of 0 and 1. */
  called: readonly number[]
}

/** Images of one part with calibrated probabilities; images without a Data-B class are passed over. */
export function scored(folds: readonly FoldPredictions[], part: Part, records: LabelledRecords): Scored[] {
  return folds.flatMap((f) =>
    f[part].files.flatMap((file, i) => {
      const record = records.get(file)
      if (!record) throw new Error(`the predictions name ${file}, which the data do not have`)
      if (record.classB === undefined) return []
      const logits = f[part].logits[i]!
      const probabilities = probabilitiesOf(logits, f.temperature, records.list)
      return [scoredOf(file, records, { fold: f.fold, logits, probabilities })]
    }),
  )
}

/** An image whose scores are known, with its truth and what is said of it. */
export const scoredOf = (
  file: string,
  records: LabelledRecords,
  { fold, logits, probabilities }: Pick<Scored, 'fold' | 'logits' | 'probabilities'>,
): Scored => ({
  file,
  record: records.get(file)!,
  fold,
  truths: records.truthOf(file),
  logits,
  probabilities,
  called: calledOf(probabilities, records.list),
})

/** External images are scored by every fold's model: their mean is the ensemble's answer. */
export function averageOverFolds(images: readonly Scored[], list: ClassList): Scored[] {
  const byFile = new Map<string, Scored[]>()
  for (const s of images) byFile.set(s.file, [...(byFile.get(s.file) ?? []), s])
  return [...byFile.values()].map((all) => {
    const probabilities = list.classes.map((_, c) => mean(all.map((s) => s.probabilities[c]!)))
    return { ...all[0]!, probabilities, called: calledOf(probabilities, list) }
  })
}

/** Whether an image was recognised: of several classes, each of them. */
export const isRight = ({ truths, called }: Pick<Scored, 'truths' | 'called'>): boolean =>
  truths.every((t, c) => t === called[c])

/** The classes that are true, and those that are said, in words. */
export const truthText = ({ truths }: Pick<Scored, 'truths'>, ids: readonly string[]): string =>
  classTextOf(truths, ids)
export const calledText = ({ called }: Pick<Scored, 'called'>, ids: readonly string[]): string =>
  classTextOf(called, ids)

/** The most probable class, or of a multi-label list each class that is more probable than not. */
export const calledOf = (probabilities: readonly number[], { labelling }: ClassList): number[] => {
  const best = probabilities.indexOf(Math.max(...probabilities))
  return probabilities.map((p, c) => (labelling === 'multi' ? Number(p >= 0.5) : Number(c === best)))
}

/** [C] probabilities of [C] logits: of independent classes each by itself. */
export function probabilitiesOf(
  logits: readonly number[],
  temperature: number,
  { labelling }: Pick<ClassList, 'labelling'>,
): number[] {
  if (labelling === 'multi') return logits.map((z) => sigmoid(z, temperature))
  const max = Math.max(...logits)
  const e = logits.map((z) => Math.exp((z - max) / temperature))
  const sum = e.reduce((a, b) => a + b, 0)
  return e.map((v) => v / sum)
}
