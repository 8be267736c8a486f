/** Names that image files have; DICOM files often have none of these, and are looked into. */
export const IMAGE_FILE = /\.(png|jpe?g|dcm|dicom)$/i
