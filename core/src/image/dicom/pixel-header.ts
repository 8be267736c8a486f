/** The Image Pixel module (PS3.3 C.7.6.3) of an object that can be decoded, checked against the limits. */
export type PixelHeader = {
  readonly width: number
  readonly height: number
  readonly frames: number
  readonly photometric: 'MONOCHROME1' | 'MONOCHROME2'
  readonly bitsAllocated: 8 | 16
  readonly bitsStored: number
  readonly highBit: number
  readonly signed: boolean
}
