import type { Estimate } from '@detl/core/model/manifest'
import { rngOf } from '../rng.ts'
import type { CamScore } from '../scores/files.ts'
import { mean } from '../statistics.ts'
import { bootstrapByGroup, weightedMean, wilson } from './intervals.ts'
import type { LocalisationFigures } from './report.ts'

/** @param groupOf of an image's file: the intervals of the advantages resample groups */
export function localisationFigures(
  cams: readonly CamScore[],
  groupOf: (file: string) => string,
  seed: number,
): LocalisationFigures {
  const advantage = (name: string, of: readonly CamScore[], gain: (c: CamScore) => number): Estimate =>
    bootstrapByGroup(
      of.map((c) => groupOf(c.file)),
      weightedMean(of.map(gain)),
      rngOf(seed, 'localisation', name),
    )
  const boxesOf = ['all', ...new Set(cams.filter((c) => c.boxes).map((c) => c.label))]
  const lesions = cams.flatMap((c) => (c.lesion ? [c.lesion] : []))
  const lungs = cams.flatMap((c) => (c.lungs && Number.isFinite(c.lungs.energy) ? [c.lungs] : []))
  const finite = (values: number[]) => mean(values.filter(Number.isFinite))
  return {
    boxesOf,
    pointing: boxesOf.map((label) => {
      const of = cams.flatMap((c) => (c.boxes && (label === 'all' || c.label === label) ? [c.boxes] : []))
      return {
        model: wilson(of.filter((b) => b.hit).length, of.length),
        centre: wilson(of.filter((b) => b.centre).length, of.length),
        advantage: advantage(
          label,
          cams.filter((c) => c.boxes && (label === 'all' || c.label === label)),
          (c) => Number(c.boxes!.hit) - Number(c.boxes!.centre),
        ),
        random: mean(of.map((b) => b.random)),
        iou: mean(of.map((b) => b.iou)),
      }
    }),
    lesions:
      lesions.length > 0
        ? {
            n: lesions.length,
            hit: wilson(lesions.filter((l) => l.hit).length, lesions.length),
            centre: wilson(lesions.filter((l) => l.centre).length, lesions.length),
            energy: finite(lesions.map((l) => l.energy)),
            uniform: mean(lesions.map((l) => l.uniform)),
            advantage: advantage(
              'lesions',
              cams.filter((c) => c.lesion),
              (c) => c.lesion!.energy - c.lesion!.uniform,
            ),
            iou: mean(lesions.map((l) => l.iou)),
          }
        : undefined,
    lungs:
      lungs.length > 0
        ? {
            n: lungs.length,
            energy: mean(lungs.map((l) => l.energy)),
            uniform: mean(lungs.map((l) => l.uniform)),
            advantage: advantage(
              'lungs',
              cams.filter((c) => c.lungs && Number.isFinite(c.lungs.energy)),
              (c) => c.lungs!.energy - c.lungs!.uniform,
            ),
          }
        : undefined,
    empty: wilson(cams.filter((c) => c.max <= 0).length, cams.length),
  }
}
