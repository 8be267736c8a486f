import type { Estimate } from '@detl/core/model/manifest'
import type { CamScore } from './cam-scores.ts'
import { mean, wilson } from './intervals.ts'

/** Each figure beside what a map without knowledge would score. */
export type LocalisationFigures = {
  /** Share of images whose map's maximum lies in a radiologist's box (15 px of tolerance at 224 px). */
  pointing: { model: Estimate; centre: Estimate; random: number; iou: number }[]
  boxesOf: string[]
  lesions:
    | { n: number; hit: Estimate; centre: Estimate; energy: number; uniform: number; iou: number }
    | undefined
  lungs: { n: number; energy: number; uniform: number } | undefined
  /** Maps without any positive cell. */
  empty: Estimate
}

export function localisationFigures(cams: readonly CamScore[]): LocalisationFigures {
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
            iou: mean(lesions.map((l) => l.iou)),
          }
        : undefined,
    lungs:
      lungs.length > 0
        ? {
            n: lungs.length,
            energy: mean(lungs.map((l) => l.energy)),
            uniform: mean(lungs.map((l) => l.uniform)),
          }
        : undefined,
    empty: wilson(cams.filter((c) => c.max <= 0).length, cams.length),
  }
}
