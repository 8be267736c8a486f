/** A row of a source's own label file, before its image was looked at. */
export type SourceRow = {
  /** Name of the image file, as the source gives it. */
  image: string
  dataset: string
  /** Whose image it is; undefined where the source does not tell. */
  patient: string | undefined
  /** What the source itself keeps together besides patients. */
  group?: string
  view: 'PA' | 'AP' | 'lateral' | 'unknown'
  finding: string
  classA: 'normal' | 'disease' | undefined
  classB: string | undefined
  age: number | undefined
  sex: 'F' | 'M' | undefined
  /** Of the original, where the label file tells. */
  sourceWidth: number | undefined
  sourceHeight: number | undefined
  licence: string
  /** As `ImageRecord.trainingOnly`. */
  trainingOnly?: boolean | undefined
}

/** The six diseases that make up Data-B's `other_disease`; paper, section IV-B. */
export const OTHER_DISEASES = [
  'Atelectasis',
  'Cardiomegaly',
  'Effusion',
  'Infiltration',
  'Mass',
  'Nodule',
] as const

export const sexOf = (text: string | undefined): 'F' | 'M' | undefined => {
  const first = text?.trim().toUpperCase()[0]
  return first === 'F' || first === 'M' ? first : undefined
}

/** "AP Supine", "AP erect", "PA", "L" …; of DICOM's View Position (PS3.3, C.8.11.5) LL and RL are lateral too. */
export function viewOf(text: string | undefined): SourceRow['view'] {
  const view = text?.trim().toUpperCase() ?? ''
  if (view.startsWith('PA')) return 'PA'
  if (view.startsWith('AP')) return 'AP'
  return ['L', 'LL', 'RL'].includes(view) || view.startsWith('LAT') ? 'lateral' : 'unknown'
}
