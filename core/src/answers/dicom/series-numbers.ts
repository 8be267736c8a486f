/**
 * Series Number of each kind of object that is made here, as DICOM writes it: each has a series of its own in the study of its image, and
 * viewers list series by number. What was given out stays: a new kind takes the next number.
 */
export const SERIES_NUMBERS = {
  secondaryCapture: '9001',
  report: '9002',
  refusal: '9003',
  pdf: '9004',
  segmentation: '9005',
  presentationState: '9006',
  comparison: '9007',
  measurements: '9008',
} as const
