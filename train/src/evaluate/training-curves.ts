import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StageResult } from '../loop.ts'

/** How one stage of training went, as its history.json says. */
export type TrainingCurve = {
  /** Folder of the stage: pretrain, fold-0, fold-0-m2, scratch-fold-0 … */
  stage: string
  bestEpoch: number
  epochs: {
    epoch: number
    loss: number
    validationLoss: number
    accuracy: number
    validationAccuracy: number
    balancedAccuracy: number
  }[]
}

/** Curves of those stages of a run that were trained in its own folder; a stage taken from elsewhere has none. */
export function readCurves(out: string, stages: readonly string[]): TrainingCurve[] {
  return stages.flatMap((stage) => {
    const path = join(out, stage, 'history.json')
    if (!existsSync(path)) return []
    const { bestEpoch, history } = JSON.parse(readFileSync(path, 'utf8')) as StageResult
    const epochs = history.map(
      ({ epoch, loss, validationLoss, accuracy, validationAccuracy, balancedAccuracy }) => ({
        epoch,
        loss,
        validationLoss,
        accuracy,
        validationAccuracy,
        balancedAccuracy,
      }),
    )
    return [{ stage, bestEpoch, epochs }]
  })
}
