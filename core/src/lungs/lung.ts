/** One lung in the cells of `Regions`. */
export type Lung = {
  /** [height,width]: share of each cell that is this lung; 0 away from its largest connected part. */
  readonly share: Float32Array
  /** Sum of `share`, in cells. */
  readonly area: number
  /** The box around it, in cells, with fractions: all but a fiftieth of the area lies between top and bottom, left and right. */
  readonly top: number
  readonly bottom: number
  readonly left: number
  readonly right: number
  /** Mean share over the cells that are mostly lung: how sure whoever outlined it was. */
  readonly sure: number
}

/** Both lungs; right and left are the patient's. */
export type Lungs = { readonly right: Lung; readonly left: Lung }

export const LUNG_FAULTS = {
  'lungs-not-found': 'two lungs are not to be seen in this image',
  'lungs-cut-off': 'a part of a lung lies outside the image',
  'lungs-implausible':
    'what was found does not lie as two lungs do; the image may be rotated or no frontal view',
} as const
/** Why nothing can be said of the lungs of an image. */
export type LungFault = keyof typeof LUNG_FAULTS

export const LUNG_REMARKS = {
  'lungs-cut-off':
    'a small part of a lung lies outside the image; what is said of the lungs is of the part that is seen',
  'lungs-tilted': 'the lungs lie tilted in the image; it may be turned by some degrees',
} as const
/** What is to be known of lungs that can be assessed all the same. */
export type LungRemark = keyof typeof LUNG_REMARKS
