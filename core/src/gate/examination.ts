import type { ExaminationTags } from '../image/dicom/examination-tags.ts'
import { namesOtherPart } from './body-part.ts'
import { isNotFrontalCode, namesFrontal, namesNotFrontal } from './view.ts'

/** Modalities of projection radiography, and those that say nothing (PS3.3 C.7.3.1.1.1). */
const PROJECTION = ['', 'CR', 'DX', 'DR', 'RG', 'OT', 'SC', 'XC']

/**
 * What a DICOM object says of itself that rules out a frontal chest X-ray; undefined if nothing does. Text that says neither is passed over:
 * the pixels decide.
 */
export function objection(
  dicom: ExaminationTags,
): { code: 'wrong-modality' | 'wrong-body-part' | 'lateral'; detail: string } | undefined {
  const { modality, bodyPart, view, viewCode, descriptions, rowDirection } = dicom
  if (!PROJECTION.includes(modality))
    return { code: 'wrong-modality', detail: `the modality is ${named(modality)}` }
  if (namesOtherPart(bodyPart)) {
    return { code: 'wrong-body-part', detail: `the body part is ${named(bodyPart)}` }
  }
  if (namesNotFrontal(view))
    return { code: 'lateral', detail: `the view is ${named(view)}, which is not frontal` }
  if (isNotFrontalCode(viewCode))
    return { code: 'lateral', detail: `the view code is ${named(viewCode)}, which is not frontal` }
  // A description may name all views of an examination: it counts where no view is stated, and names no frontal one.
  const telling =
    view === '' && viewCode === '' ? descriptions.find((text) => namesNotFrontal(text)) : undefined
  if (telling !== undefined && !descriptions.some(namesFrontal)) {
    return { code: 'lateral', detail: `the description is ${named(telling)}, which is not frontal` }
  }
  // In a frontal view a row of pixels runs to the patient's left or right, in a lateral one to the front or back.
  if (/^[AP]/.test(rowDirection))
    return { code: 'lateral', detail: `rows run towards ${named(rowDirection)}` }
  return undefined
}

/** What of it can stand in a message. */
const named = (text: string): string =>
  text
    .replace(/[^A-Z0-9 ._-]/g, ' ')
    .trim()
    .slice(0, 40) || 'one in another script'
