import type { DataSet } from '@detl/core/answers/dicom/writer'
import { phantom } from '@detl/core/phantom/phantom'
import { chestDicom } from './chest-dicom.ts'

/** Of the film when it is upright. */
export const [WIDTH, HEIGHT] = [300, 250]
const upright = phantom({ seed: 3, width: WIDTH, height: HEIGHT, lesions: [] }).image.data

/** The film turned by so many quarters clockwise: sides and pixels as they are stored. */
export function turned(quarters: number) {
  let [width, height, data]: [number, number, ArrayLike<number>] = [WIDTH, HEIGHT, upright]
  for (let i = 0; i < quarters; i++) {
    const [w, h, from]: [number, number, ArrayLike<number>] = [height, width, data]
    data = Uint16Array.from(
      { length: w * h },
      (_, n) => from[width * (height - 1 - (n % w)) + Math.floor(n / w)]!,
    )
    width = w
    height = h
  }
  return { width, height, data: Uint16Array.from(data) }
}

/** @param change attributes in place of the usual ones */
export function storedTurned(quarters: number, change: DataSet = {}): Uint8Array<ArrayBuffer> {
  const { width, height, data } = turned(quarters)
  return chestDicom(16, {
    '00280010': ['US', [height]],
    '00280011': ['US', [width]],
    '7fe00010': ['OW', new Uint8Array(data.buffer)],
    ...change,
  })
}

/** The upright film in a black frame of so many pixels. */
export function framed(border: number): Uint8Array<ArrayBuffer> {
  const [width, height] = [WIDTH + 2 * border, HEIGHT + 2 * border]
  const data = Uint16Array.from({ length: width * height }, (_, n) => {
    const [x, y] = [(n % width) - border, Math.floor(n / width) - border]
    return x >= 0 && x < WIDTH && y >= 0 && y < HEIGHT ? upright[y * WIDTH + x]! : 0
  })
  return chestDicom(16, {
    '00280010': ['US', [height]],
    '00280011': ['US', [width]],
    '7fe00010': ['OW', new Uint8Array(data.buffer)],
  })
}
