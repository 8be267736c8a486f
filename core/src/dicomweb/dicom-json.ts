/** A person's name in DICOM JSON: up to three ways to write it. */
export type PersonName = {
  readonly Alphabetic?: string
  readonly Ideographic?: string
  readonly Phonetic?: string
}
export type DicomJsonValue = string | number | PersonName | DicomJson
/** An attribute of the DICOM JSON Model (PS3.18, annex F.2.2); without a value it is empty. */
export type DicomJsonAttribute = {
  readonly vr: string
  readonly Value?: readonly DicomJsonValue[]
  readonly BulkDataURI?: string
  readonly InlineBinary?: string
}
/** A data set in the DICOM JSON Model: `GGGGEEEE` in capitals → attribute. */
export type DicomJson = { readonly [tag: string]: DicomJsonAttribute }
