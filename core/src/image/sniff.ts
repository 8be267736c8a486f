import { layoutAt, META } from './dicom/layout.ts'
import type { ImageFormat } from './image-source.ts'

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

const DICM = [0x44, 0x49, 0x43, 0x4d]

/** The format that the bytes themselves declare, whatever a file name or a media type says. */
export function sniff(bytes: Uint8Array): ImageFormat | undefined {
  if (startsWith(bytes, 0, PNG_SIGNATURE)) return 'png'
  if (startsWith(bytes, 0, [0xff, 0xd8, 0xff])) return 'jpeg'
  if (startsWith(bytes, 128, DICM)) return 'dicom' // PS3.10 section 7.1
  return looksLikeBareDicom(bytes) ? 'dicom' : undefined
}

/** Without "DICM": a meta group at the beginning or behind an empty preamble, or a data set alone. */
function looksLikeBareDicom(bytes: Uint8Array): boolean {
  if (startsWith(bytes, 0, DICM)) return true
  if (bytes.length < 16) return false
  const from = bytes.subarray(0, 128).every((byte) => byte === 0) ? 128 : 0
  if (bytes[from] === 2 && bytes[from + 1] === 0) return layoutAt(bytes, from, META) !== undefined
  return layoutAt(bytes, from) !== undefined
}

function startsWith(bytes: Uint8Array, offset: number, signature: readonly number[]): boolean {
  return signature.every((byte, i) => bytes[offset + i] === byte)
}
