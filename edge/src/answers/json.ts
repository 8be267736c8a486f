import { decide } from '@detl/core/api/decision'
import { qualityWarnings } from '@detl/core/api/quality'
import { DISCLAIMER, encodeHeatmap, type Screening } from '@detl/core/api/screening'
import { preprocessId } from '@detl/core/preprocess/spec'
import type { Answer } from './answer.ts'

export function toJson(answer: Answer): Screening {
  const { id, manifest, intake, scores, servedBy, settings } = answer
  const decision = decide(manifest, settings, scores.probabilities)
  const { width, height } = intake.image
  const { geometry } = intake.preprocessed
  return {
    id,
    model: { name: manifest.name, version: manifest.version, preprocess: preprocessId(manifest.preprocess) },
    probabilities: scores.probabilities,
    label: scores.label,
    ...(decision && { decision }),
    heatmaps: manifest.labels.map((label) => encodeHeatmap(label, scores.maps[label])),
    image: {
      format: intake.source.format,
      width,
      height,
      crop: geometry.crop,
      placed: geometry.placed,
      grid: { stride: manifest.cam.stride, offset: manifest.cam.offset },
    },
    quality: qualityWarnings(intake.quality),
    servedBy,
    disclaimer: DISCLAIMER,
  }
}
