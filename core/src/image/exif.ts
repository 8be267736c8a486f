/**
 * Tag 274 of a TIFF structure's first directory (CIPA DC-008, section 4.6): 1 as it is, 2–8 as `TurningSink` says. It lies behind "Exif"
 * in a JPEG's APP1 segment, and is the whole of a PNG's eXIf chunk.
 * @returns undefined where it says nothing
 */
export function orientationOf(tiff: Uint8Array): number | undefined {
  if (tiff.length < 14) return undefined
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength)
  const little = view.getUint16(0) === 0x4949
  const directory = view.getUint32(4, little)
  if (directory + 2 > view.byteLength) return undefined
  const entries = view.getUint16(directory, little)
  for (let i = 0; i < entries && directory + 14 + 12 * i <= view.byteLength; i++) {
    const at = directory + 2 + 12 * i
    if (view.getUint16(at, little) === 274) return view.getUint16(at + 8, little)
  }
  return undefined
}
