/**
 * What the object says of the examination, in capitals and without accents. Nothing of the patient is read.
 */
export type ExaminationTags = {
  readonly modality: string
  /** Body Part Examined, else the meaning of the Anatomic Region's code. */
  readonly bodyPart: string
  /** View Position, and the meaning of the View Code. */
  readonly view: string
  /** Code value of the View Code Sequence. */
  readonly viewCode: string
  /** Series Description, Protocol Name and Acquisition Device Processing Description. */
  readonly descriptions: readonly string[]
  /** Row direction of the Patient Orientation, such as L or P. */
  readonly rowDirection: string
}
