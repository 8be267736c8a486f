/** What the pixel data of a transfer syntax are: native, or encoded by one of these. */
export type Encoding =
  | 'native'
  | 'rle'
  | 'jpeg'
  | 'jpegExtended'
  | 'jpegLossless'
  | 'jpegLs'
  | 'jpeg2000'
  | 'htj2k'

/** Transfer syntaxes whose pixel data are encoded in a way that is read (PS3.5 chapter 10, PS3.6 annex A). */
const ENCODED: Record<string, readonly Encoding[]> = {
  '1.2.840.10008.1.2.1.98': ['native'], // in fragments
  '1.2.840.10008.1.2.5': ['rle'],
  '1.2.840.10008.1.2.4.50': ['jpeg'],
  '1.2.840.10008.1.2.4.51': ['jpeg', 'jpegExtended'],
  '1.2.840.10008.1.2.4.57': ['jpegLossless'],
  '1.2.840.10008.1.2.4.70': ['jpegLossless'],
  '1.2.840.10008.1.2.4.80': ['jpegLs'],
  '1.2.840.10008.1.2.4.81': ['jpegLs'],
  '1.2.840.10008.1.2.4.90': ['jpeg2000'],
  '1.2.840.10008.1.2.4.91': ['jpeg2000'],
  '1.2.840.10008.1.2.4.201': ['htj2k'],
  '1.2.840.10008.1.2.4.202': ['htj2k'],
  '1.2.840.10008.1.2.4.203': ['htj2k'],
}

export const IMPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2'
export const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1'
export const EXPLICIT_BIG_ENDIAN = '1.2.840.10008.1.2.2'
/** The data set as a whole is a raw deflate stream of explicit little endian (PS3.5 annex A.5). */
export const DEFLATED = '1.2.840.10008.1.2.1.99'

/** How the elements of a data set are written; whatever else a transfer syntax names is about its pixel data. */
export type Layout =
  | typeof IMPLICIT_LITTLE_ENDIAN
  | typeof EXPLICIT_LITTLE_ENDIAN
  | typeof EXPLICIT_BIG_ENDIAN

const NATIVE = [IMPLICIT_LITTLE_ENDIAN, EXPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN, DEFLATED]

/** What pixel data may be under a transfer syntax; nothing for one that is not read (video, JPIP, JPEG XL, …). */
export const encodingsOf = (transferSyntax: string): readonly Encoding[] =>
  NATIVE.includes(transferSyntax) ? ['native'] : (ENCODED[transferSyntax] ?? [])
