import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readJson } from '../data/text-file.ts'
import type { StageResult } from '../history.ts'
import type { TrainingCurve } from './report.ts'

/** Curves of those stages of a run that were trained in its own folder; a stage taken from elsewhere has none. */
export function readCurves(out: string, stages: readonly string[]): TrainingCurve[] {
  return stages.flatMap((stage) => {
    const path = join(out, stage, 'history.json')
    if (!existsSync(path)) return []
    const { bestEpoch, history } = readJson<StageResult>(path)
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
