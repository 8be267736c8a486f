import type { ImageSource } from '../image/image-source.ts'

/** Modalities of projection radiography, and those that say nothing (PS3.3 C.7.3.1.1.1). */
const PROJECTION = ['', 'CR', 'DX', 'DR', 'RG', 'OT', 'SC', 'XC']
/** Body Part Examined that says nothing. */
const UNSTATED = ['', 'UNKNOWN', 'OTHER', 'DEFAULT', 'BODY', 'NA', 'N A', 'NONE']

/** What a DICOM object says of itself that rules out a frontal chest X-ray; undefined if nothing does. */
export function objection(
  dicom: NonNullable<ImageSource['dicom']>,
): { code: 'wrong-modality' | 'wrong-body-part' | 'lateral'; detail: string } | undefined {
  const { modality, bodyPart, view, rowDirection } = dicom
  if (!PROJECTION.includes(modality)) return { code: 'wrong-modality', detail: `the modality is ${modality}` }
  if (!UNSTATED.includes(bodyPart) && !/CHEST|THORA|TORAX|LUNG|PULMO|RIB/.test(bodyPart)) {
    return { code: 'wrong-body-part', detail: `the body part is ${bodyPart}` }
  }
  // LLD and RLD are decubitus positions of frontal views; LLO, RLO, RL and LL are not frontal (PS3.3 C.8.11.1).
  const lateral = /^(LL|RL|LLO|RLO|LAT.*)$/.test(view) || /LATERAL(?! DECUBITUS)|OBLIQUE/.test(view)
  if (lateral) return { code: 'lateral', detail: `the view is ${view}` }
  // In a frontal view a row of pixels runs to the patient's left or right, in a lateral one to the front or back.
  if (/^[AP]/.test(rowDirection)) return { code: 'lateral', detail: `rows run towards ${rowDirection}` }
  return undefined
}
