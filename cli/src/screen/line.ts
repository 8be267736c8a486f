import type { Screened } from '@detl/core/answers/answer'
import { lungFindings } from '@detl/core/answers/lung-findings'
import { toldOf } from '@detl/core/answers/told'
import type { ToldDecision } from '@detl/core/api/decision'
import type { ProblemCode } from '@detl/core/api/problem'
import { modelWarnings, qualityWarnings } from '@detl/core/api/quality'
import { mapMaximum } from '@detl/core/cam/resize-map'
import type { Intake } from '@detl/core/intake/taken-in'
import type { Severity } from '@detl/core/lungs/severity'
import type { Manifest, Site } from '@detl/core/model/manifest'
import type { Scores } from '@detl/core/model/outputs'

/** What became of one file: a line of `detl screen --json`. */
export type ScreenLine = ScoredLine | FailedLine

export type ScoredLine = {
  /** As it was named on the command line, or found below a folder that was. */
  file: string
  model: { name: string; version: string; site?: Site }
  probabilities: Readonly<Record<string, number>>
  label: string
  /** The scores against the model's thresholds of its operating point `balanced`. */
  decision: ToldDecision
  /** The map of `decision.leading`, raw scale, rounded to 6 significant digits. */
  cam: { class: string; max: number; shape: [number, number]; data: number[]; inLungs?: number }
  /** How much of the lungs is opaque; absent where the model outlines no lungs. */
  severity?: Severity
  quality: { warnings: { code: string; detail: string }[] }
  /** Paths of what was written: overlay, FHIR report, structured report, Secondary Capture, PDF. */
  overlay?: string
  fhir?: string
  sr?: string
  sc?: string
  pdf?: string
}

export type FailedLine = { file: string; error: { code: ProblemCode; detail: string } }

export function scoredLine(
  file: string,
  manifest: Manifest,
  intake: Intake,
  scores: Scores,
  { settings, language }: Pick<Screened, 'settings' | 'language'>,
): ScoredLine {
  const { decision, told } = toldOf({ manifest, scores, settings, language })
  const leading = decision.leading
  const map = scores.maps[leading]!
  const lungs = lungFindings(manifest, scores, intake.preprocessed.geometry)
  const inLungs = lungs?.inLungs(map)
  return {
    file,
    model: {
      name: manifest.name,
      version: manifest.version,
      ...(manifest.site && { site: manifest.site }),
    },
    probabilities: scores.probabilities,
    label: scores.label,
    decision: { headline: told.headline, ...decision },
    cam: {
      class: leading,
      max: mapMaximum(map),
      shape: [map.height, map.width],
      data: Array.from(map.data, (value) => Number(value.toPrecision(6))),
      ...(inLungs !== undefined && { inLungs }),
    },
    ...(lungs && { severity: lungs.severity }),
    quality: { warnings: [...qualityWarnings(intake.quality), ...modelWarnings(scores, lungs?.severity)] },
  }
}
