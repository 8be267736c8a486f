import type { Settings } from '../api/account.ts'
import type { ComputedOn } from '../api/computed-on.ts'
import { DISCLAIMER } from '../api/disclaimer.ts'
import { modelWarnings, qualityWarnings } from '../api/quality.ts'
import { encodeHeatmap, type Screening } from '../api/screening.ts'
import type { TakenIn } from '../intake/taken-in.ts'
import { classesOf, type Language } from '../model/classes.ts'
import type { Manifest } from '../model/manifest.ts'
import type { Scores } from '../model/outputs.ts'
import { preprocessId } from '../preprocess/spec.ts'
import type { Answer } from './answer.ts'
import { lungFindings } from './lung-findings.ts'
import { toldOf } from './told.ts'

/** What JSON says of the image itself: all that a job must remember of it. */
export type Frame = Pick<Screening, 'image' | 'quality' | 'preprocessedBy'>

export const toJson = (answer: Answer): Screening =>
  screeningOf(frameOf(answer.intake, answer.manifest, 'service'), answer)

export function frameOf(
  { image, source, preprocessed, quality }: TakenIn,
  { cam }: Pick<Manifest, 'cam'>,
  preprocessedBy: Frame['preprocessedBy'],
): Frame {
  const { crop, placed } = preprocessed.geometry
  const grid = { stride: cam.stride, offset: cam.offset }
  return {
    image: { format: source.format, width: image.width, height: image.height, crop, placed, grid },
    quality: { warnings: qualityWarnings(quality) },
    preprocessedBy,
  }
}

export function screeningOf(
  { image, quality, preprocessedBy }: Frame,
  answer: {
    id: string
    manifest: Manifest
    scores: Scores
    servedBy: 'gpu' | 'edge'
    computedOn?: ComputedOn | undefined
    settings: Settings
    language: Language
  },
): Screening {
  const { id, manifest, scores, servedBy, computedOn } = answer
  const { decision, told } = toldOf(answer)
  const lungs = lungFindings(manifest, scores, image)
  const outlines = lungs?.outlines()
  return {
    id,
    model: {
      name: manifest.name,
      version: manifest.version,
      preprocess: preprocessId(manifest.preprocess),
      ...(manifest.site && { site: manifest.site }),
      ...(manifest.regions && { lungs: manifest.regions.network }),
    },
    classes: classesOf(manifest),
    probabilities: scores.probabilities,
    label: scores.label,
    decision: { headline: told.headline, ...decision },
    heatmaps: manifest.labels.map((label) => {
      const map = scores.maps[label]!
      const inLungs = lungs?.inLungs(map)
      return { ...encodeHeatmap(label, map), ...(inLungs !== undefined && { inLungs }) }
    }),
    ...(lungs && { severity: lungs.severity }),
    ...(outlines && { outlines }),
    image,
    quality: { warnings: [...quality.warnings, ...modelWarnings(scores, lungs?.severity)] },
    preprocessedBy,
    servedBy,
    ...(computedOn && { computedOn }),
    disclaimer: DISCLAIMER,
  }
}
