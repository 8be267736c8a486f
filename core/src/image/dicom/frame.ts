import type { DataSet, Element } from 'dicom-parser'
import { AppError } from '../../api/problem.ts'
import { joinBytes } from '../../base/join-bytes.ts'
import { damaged } from './parse.ts'

/** The bytes of one frame: a view of a native frame, or the joined fragments of an encapsulated one (PS3.5 annex A.4). */
export function frameBytes(dataSet: DataSet, frame: number, frames: number, frameLength: number): Uint8Array {
  const element = dataSet.elements.x7fe00010!
  if (element.encapsulatedPixelData) {
    checkFrame(frame, frames)
    return encapsulatedFrame(dataSet, element, frame, frames)
  }
  const { start, end } = nativeRange(dataSet, frame, frames, frameLength)
  if (end > dataSet.byteArray.length) throw damaged('its pixel data are shorter than rows × columns')
  return dataSet.byteArray.subarray(start, end)
}

/** Where a native frame lies in its data set, by what the element says of itself. */
export function nativeRange(dataSet: DataSet, frame: number, frames: number, frameLength: number) {
  checkFrame(frame, frames)
  const element = dataSet.elements.x7fe00010!
  const start = element.dataOffset + frame * frameLength
  const end = start + frameLength
  if (element.encapsulatedPixelData || end > element.dataOffset + element.length) {
    throw damaged('its pixel data are shorter than rows × columns')
  }
  return { start, end }
}

function checkFrame(frame: number, frames: number): void {
  if (frame < 0 || frame >= frames || !Number.isInteger(frame)) {
    throw new AppError('request-invalid', `frame ${frame} of an object with ${frames}`)
  }
}

function encapsulatedFrame(dataSet: DataSet, element: Element, frame: number, frames: number): Uint8Array {
  const fragments = element.fragments ?? []
  if (fragments.length === 0) throw damaged('its pixel data have no fragments')
  const [first, count] = fragmentsOf(element, frame, frames, dataSet.byteArray)
  const pieces = fragments.slice(first, first + count).map(({ position, length }) => {
    if (position + length > dataSet.byteArray.length) throw damaged('a fragment reaches beyond the end')
    return dataSet.byteArray.subarray(position, position + length)
  })
  if (pieces.length === 0) throw damaged(`frame ${frame} is missing`)
  if (pieces.length === 1) return pieces[0]!
  return joinBytes(pieces)
}

/** First fragment and number of fragments of a frame: by the offset table, by count, or by JPEG end markers. */
function fragmentsOf(
  element: Element,
  frame: number,
  frames: number,
  bytes: Uint8Array,
): [first: number, count: number] {
  const fragments = element.fragments!
  if (frames === 1) return [0, fragments.length]
  if (fragments.length === frames) return [frame, 1]
  const table = element.basicOffsetTable ?? []
  if (table.length === frames) {
    const first = fragments.findIndex(({ offset }) => offset === table[frame])
    const next =
      frame + 1 < frames ? fragments.findIndex(({ offset }) => offset === table[frame + 1]) : fragments.length
    return first < 0 || next <= first ? [0, 0] : [first, next - first]
  }
  // Each frame of a JPEG family codec ends in an end-of-image or end-of-codestream marker, perhaps padded by a byte.
  const ends = fragments.flatMap(({ position, length }, i) => {
    const end = position + length
    const closes = (at: number) => bytes[at] === 0xff && bytes[at + 1] === 0xd9
    return closes(end - 2) || closes(end - 3) ? [i + 1] : []
  })
  if (ends.length !== frames) return [0, 0]
  const first = frame === 0 ? 0 : ends[frame - 1]!
  return [first, ends[frame]! - first]
}
