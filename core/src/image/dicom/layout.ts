import { EXPLICIT_BIG_ENDIAN, EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, type Layout } from './syntax.ts'

/** The layout that a transfer syntax demands: explicit little endian for all that are not listed (PS3.5 chapter 10). */
export const layoutOf = (transferSyntax: string): Layout =>
  transferSyntax === IMPLICIT_LITTLE_ENDIAN || transferSyntax === EXPLICIT_BIG_ENDIAN
    ? transferSyntax
    : EXPLICIT_LITTLE_ENDIAN

/** Groups that a data set begins with: it has its SOP class in 0008, and may have anything odd below. */
const DATA_SET = { least: 0x0004, most: 0x0010 }
/** The group of the meta information. */
export const META = { least: 2, most: 2 }

/**
 * The layout that the first element of a data set shows; undefined if it is none.
 * A length in implicit VR that looks like two letters would be 16 KB at least: too long for a first element.
 */
export function layoutAt(bytes: Uint8Array, at: number, groups = DATA_SET): Layout | undefined {
  if (at + 8 > bytes.length) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset + at)
  const isVr = /^(A[EST]|CS|D[AST]|F[DL]|IS|L[OT]|O[BDFLVW]|PN|S[HLQSTV]|TM|U[CILNRSTV])$/.test(
    String.fromCharCode(bytes[at + 4]!, bytes[at + 5]!),
  )
  const fits = (group: number) => group >= groups.least && group <= groups.most
  if (fits(view.getUint16(0, true))) {
    if (isVr) return EXPLICIT_LITTLE_ENDIAN
    const length = view.getUint32(4, true)
    return length % 2 === 0 && length <= 16_384 ? IMPLICIT_LITTLE_ENDIAN : undefined
  }
  return isVr && fits(view.getUint16(0, false)) ? EXPLICIT_BIG_ENDIAN : undefined
}
