/** DICOM objects that a screening can be told as: the report as text, the same with what it measured drawn on the image, the heat map as a picture, its region, a presentation state, the report on paper. */
export const DICOM_OBJECTS = ['sr', 'measurements', 'sc', 'seg', 'gsps', 'pdf'] as const
export type DicomObjectKind = (typeof DICOM_OBJECTS)[number]
