import type { Codecs } from '../codecs.ts'

/** How the pixel cells of a transfer syntax are encoded: raw, or by the codec of that name. */
export type Encoding = 'raw' | 'raw-big-endian' | 'rle' | keyof Codecs

/** Transfer syntaxes that are read (PS3.5 chapter 10, PS3.6 annex A). */
const SYNTAXES: Record<string, Encoding> = {
  '1.2.840.10008.1.2': 'raw',
  '1.2.840.10008.1.2.1': 'raw',
  '1.2.840.10008.1.2.2': 'raw-big-endian',
  '1.2.840.10008.1.2.5': 'rle',
  '1.2.840.10008.1.2.4.50': 'jpeg',
  '1.2.840.10008.1.2.4.51': 'jpegExtended',
  '1.2.840.10008.1.2.4.57': 'jpegLossless',
  '1.2.840.10008.1.2.4.70': 'jpegLossless',
  '1.2.840.10008.1.2.4.80': 'jpegLs',
  '1.2.840.10008.1.2.4.81': 'jpegLs',
  '1.2.840.10008.1.2.4.90': 'jpeg2000',
  '1.2.840.10008.1.2.4.91': 'jpeg2000',
  '1.2.840.10008.1.2.4.201': 'htj2k',
  '1.2.840.10008.1.2.4.202': 'htj2k',
  '1.2.840.10008.1.2.4.203': 'htj2k',
}

export const IMPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2'
export const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1'
export const EXPLICIT_BIG_ENDIAN = '1.2.840.10008.1.2.2'

/** @returns undefined for a syntax that is not read (video, JPIP, JPEG XL, …) */
export const encodingOf = (transferSyntax: string): Encoding | undefined => SYNTAXES[transferSyntax]
/** The data set as a whole is a raw deflate stream of explicit little endian (PS3.5 annex A.5). */
export const DEFLATED = '1.2.840.10008.1.2.1.99'
