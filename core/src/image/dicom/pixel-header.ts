import type { Range } from './lut.ts'

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

/** The values that the object's bits allow. */
export const storedRange = ({ bitsStored, signed }: PixelHeader): Range => ({
  least: signed ? -(2 ** (bitsStored - 1)) : 0,
  most: 2 ** (signed ? bitsStored - 1 : bitsStored) - 1,
})
