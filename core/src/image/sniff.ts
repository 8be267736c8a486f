export type ImageFormat = 'png' | 'jpeg' | 'dicom'

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/** The format that the bytes themselves declare, whatever a file name or a media type says. */
export function sniff(bytes: Uint8Array): ImageFormat | undefined {
  if (startsWith(bytes, 0, PNG_SIGNATURE)) return 'png'
  if (startsWith(bytes, 0, [0xff, 0xd8, 0xff])) return 'jpeg'
  if (startsWith(bytes, 128, [0x44, 0x49, 0x43, 0x4d])) return 'dicom' // "DICM", PS3.10 section 7.1
  return looksLikeBareDicom(bytes) ? 'dicom' : undefined
}

/** A data set without the preamble: its first element is of group 0002 or 0008, with a plausible length. */
function looksLikeBareDicom(bytes: Uint8Array): boolean {
  if (bytes.length < 16 || (bytes[0] !== 2 && bytes[0] !== 8) || bytes[1] !== 0 || bytes[3] !== 0)
    return false
  const vr = String.fromCharCode(bytes[4]!, bytes[5]!)
  if (/^(UL|OB|UI|CS|DA|TM|SH|LO|AE|DT|US|SQ|ST|PN)$/.test(vr)) return true
  const implicitLength = bytes[4]! | (bytes[5]! << 8) | (bytes[6]! << 16)
  return bytes[0] === 8 && bytes[7] === 0 && implicitLength <= 1024 && implicitLength % 2 === 0
}

function startsWith(bytes: Uint8Array, offset: number, signature: readonly number[]): boolean {
  return signature.every((byte, i) => bytes[offset + i] === byte)
}
