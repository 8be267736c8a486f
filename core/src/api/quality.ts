import type { Quality, Remark } from '../gate/verdict.ts'
import { LUNG_REMARKS } from '../lungs/lung.ts'
import type { Severity } from '../lungs/severity.ts'
import type { Scores } from '../model/outputs.ts'

const REMARKS: Readonly<Record<Remark, string>> = {
  'transfer-syntax-missing': 'the file names no transfer syntax; it was read by its bytes',
  'transfer-syntax-wrong':
    'the file names a transfer syntax that its bytes are not written in; it was read by its bytes',
  'end-missing': 'all pixels were read, but what must follow them in the file is missing or damaged',
  small: 'the image has few pixels; a larger one may score differently',
  photograph: 'the image looks like a photograph of a film or screen',
  'under-exposed': 'much of the image is at its darkest level',
  'over-exposed': 'much of the image is at its brightest level',
  soft: 'the image is soft: fine signs may not be seen in it',
  'cut-off': 'the image is unusually long: parts of the chest may be missing',
  'maybe-inverted': 'the image may be inverted (bone dark); it was scored as it is',
  'maybe-rotated': 'the image may be rotated; it was scored as it is',
}

/** All remarks that there are. */
export const REMARK_CODES = Object.keys(REMARKS) as [Remark, ...Remark[]]

const CORRECTED: Readonly<Record<NonNullable<Quality['corrected']>, string>> = {
  inverted: 'the image was inverted; it was scored with bone bright',
  'rotated-90': 'the image was turned by 90° clockwise; it was scored upright',
  'rotated-180': 'the image lay upside down; it was scored upright',
  'rotated-270': 'the image was turned by 90° anticlockwise; it was scored upright',
}

/** Of `quality` in a screening. */
type Warning = { code: string; detail: string }

/** What the gate remarked on, as answers carry it: stable codes, texts for people. */
export function qualityWarnings({ remarks, corrected }: Quality): Warning[] {
  const warnings: Warning[] = remarks.map((code) => ({ code, detail: REMARKS[code] }))
  if (corrected) warnings.unshift({ code: `corrected-${corrected}`, detail: CORRECTED[corrected] })
  return warnings
}

/** What the model itself says of an image, in the same form: that it is unlike others, where it has a measure; that lungs are not to be seen, cut off or tilted. */
export const modelWarnings = (
  { outOfDistribution }: Pick<Scores, 'outOfDistribution'>,
  severity: Severity | undefined,
): Warning[] => [
  ...(outOfDistribution ? [{ code: 'out-of-distribution', detail: OUTSIDE }] : []),
  ...lungWarnings(severity),
]

function lungWarnings(severity: Severity | undefined): Warning[] {
  if (!severity) return []
  if (!severity.assessable) return [severity.reason]
  return (severity.remarks ?? []).map((code) => ({ code, detail: LUNG_REMARKS[code] }))
}

/** The threshold's meaning: `distanceSchema` of the manifest. */
const OUTSIDE =
  'the image is unlike those that the model was trained on, by the model’s own measure; its scores may mean nothing'
