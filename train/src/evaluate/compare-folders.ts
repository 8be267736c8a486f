import { join } from 'node:path'
import { readDataSet } from '../data/data-set.ts'
import { readSplit } from '../data/split-file.ts'
import { LabelledRecords } from '../data/truth.ts'
import { trainedMembers } from '../folds.ts'
import { readRun } from '../run.ts'
import { ensembleOf } from '../scores/ensemble.ts'
import { type FoldPredictions, readPredictions } from '../scores/files.ts'
import { compareRuns } from './compare.ts'
import type { Comparison } from './report.ts'

/**
 * Two evaluated runs, from their saved predictions. Where a fold has several members, their ensemble is compared.
 * They are called by network and size, or where those are the same by their folders.
 * @param a, b run folders; `:scratch` at the end takes the folds that were trained without pretraining
 */
export function compareFolders(a: string, b: string, data: string): Comparison {
  const { records: images, list } = readDataSet(data)
  const records = new LabelledRecords(images, list)
  const read = (name: string) => {
    const fromScratch = name.endsWith(':scratch')
    const out = fromScratch ? name.slice(0, -':scratch'.length) : name
    const split = readSplit(out)
    const folds = split.folds.flatMap((_, k): FoldPredictions[] => {
      const members = trainedMembers(out, k, fromScratch)
      const predictions = members.flatMap((m) => readPredictions(join(out, m, 'predictions.json')) ?? [])
      if (members.length > predictions.length)
        throw new Error(`${out}: fold ${k} is not scored; run \`detl train evaluate\` first`)
      return members.length > 0 ? [ensembleOf(predictions, records)] : []
    })
    if (folds.length === 0)
      throw new Error(
        `${out} has no fold that was ${fromScratch ? 'trained without Data-A: leave :scratch out' : `pretrained: add :scratch for those trained without Data-A`}`,
      )
    const { architecture, size } = readRun(out).config
    const title = `${architecture} at S = ${size}${fromScratch ? ', without pretraining' : ''}`
    return { name, title, folds, seed: split.seed }
  }
  const [left, right] = [read(a), read(b)]
  const called = ({ name, title, folds }: typeof left) => ({
    name: left.title === right.title ? name : title,
    folds,
  })
  return compareRuns(called(left), called(right), records, left.seed)
}
