import type { Settings } from '../api/account.ts'
import { DEFAULT_SETTINGS } from '../api/default-settings.ts'
import type { Screening } from '../api/screening.ts'
import type { ActivationMap } from '../cam/resize-map.ts'
import type { LungOutlines } from '../lungs/outlines.ts'
import type { Label } from '../model/labels.ts'
import type { Manifest } from '../model/manifest.ts'
import type { Scores } from '../model/outputs.ts'

/** What of an answer the way back needs. */
type Told = Pick<
  Screening,
  'probabilities' | 'label' | 'heatmaps' | 'quality' | 'decision' | 'severity' | 'outlines'
>

/**
 * The scores that a JSON answer was made of: for a client that sent a tensor, and makes FHIR, DICOM or PNG of the answer where the image is.
 * Heat maps come back in steps of 1/255 of their maximum.
 * @example const { scores, settings } = scoresFromJson(answer, manifest)
 */
export function scoresFromJson(
  { probabilities, label, heatmaps, quality, decision, severity, outlines }: Told,
  { outOfDistribution }: Pick<Manifest, 'outOfDistribution'>,
): { scores: Scores; settings: Settings } {
  const maps = Object.fromEntries(
    heatmaps.map(({ class: name, max, width, height, data }): [string, ActivationMap] => {
      const bytes = atob(data)
      const values = Float32Array.from({ length: bytes.length }, (_, i) => (bytes.charCodeAt(i) / 255) * max)
      return [name, { width, height, data: values }]
    }),
  ) as Record<Label, ActivationMap>
  const far = quality.warnings.some(({ code }) => code === 'out-of-distribution')
  return {
    scores: {
      probabilities,
      label,
      maps,
      outOfDistribution: outOfDistribution ? far : null,
      ...(severity && { severity }),
      // Both lungs are missing in answers of older services.
      ...(outlines?.right && outlines.left && { outlines: outlines as LungOutlines }),
    },
    settings: settingsOf(decision),
  }
}

/** The account's settings, as far as the decision shows them. */
function settingsOf(decision: Told['decision']): Settings {
  const selective = decision?.selective && { selective: true }
  if (!decision?.operatingPoint) return { ...DEFAULT_SETTINGS, ...selective }
  const { operatingPoint, classes } = decision
  const perClass = (value: (one: (typeof classes)[number]) => number | undefined) =>
    Object.fromEntries(
      classes.flatMap((one) => (value(one) === undefined ? [] : [[one.class, value(one)]])),
    ) as Settings['prevalence']
  return {
    operatingPoint:
      operatingPoint === 'custom' ? { thresholds: perClass(({ threshold }) => threshold) } : operatingPoint,
    prevalence: perClass(({ prevalence }) => prevalence),
    ...selective,
  }
}
