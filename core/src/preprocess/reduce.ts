import type { GrayImage } from '../image/gray-image.ts'
import { AreaReducer } from './area-reducer.ts'

/** A reduced image on the 16-bit scale: 0 … 65535 whatever the source's depth. */
export type WorkingImage = { readonly width: number; readonly height: number; readonly data: Uint16Array }

/** Size of the working image: the longest side at most `longest`, aspect kept to the nearest pixel, never larger. */
export function workingSize(source: { width: number; height: number }, longest: number) {
  const scale = Math.max(1, Math.max(source.width, source.height) / longest)
  return {
    width: Math.max(1, Math.round(source.width / scale)),
    height: Math.max(1, Math.round(source.height / scale)),
  }
}

/** Step 1: the only pass over full-resolution pixels. */
export function reduce(image: GrayImage, longest: number): WorkingImage {
  const size = workingSize(image, longest)
  const reducer = new AreaReducer(image, size)
  for (let y = 0; y < image.height; y++) reducer.push(image.data, y * image.width)
  return finishReduce(reducer, size, image.bits)
}

/** Averages of `bits`-deep samples → the 16-bit scale, rounded to the nearest. */
export function finishReduce(
  reducer: AreaReducer,
  size: { width: number; height: number },
  bits: number,
): WorkingImage {
  const factor = 65535 / (2 ** bits - 1)
  const data = new Uint16Array(reducer.out.length)
  for (let i = 0; i < data.length; i++) {
    data[i] = Math.min(65535, Math.max(0, Math.round(reducer.out[i]! * factor)))
  }
  return { ...size, data }
}
