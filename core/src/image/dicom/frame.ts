import type { DataSet } from 'dicom-parser'
import { joinBytes } from '../../base/join-bytes.ts'
import { damaged } from './damaged.ts'
import { type Encapsulated, readFragments } from './fragments.ts'
import { checkFrame } from './native-frame.ts'

/** Bytes of a frame; not `whole` where the sequence that they lie in has no end. */
export type FrameBytes = { readonly bytes: Uint8Array; readonly whole: boolean }

/** The joined fragments of a frame of encapsulated pixel data (PS3.5 annex A.4). */
export function encapsulatedFrame(dataSet: DataSet, frame: number, frames: number): FrameBytes {
  checkFrame(frame, frames)
  const encapsulated = readFragments(dataSet.byteArray, dataSet.elements.x7fe00010!)
  const { fragments, whole } = encapsulated
  const [first, count] = fragmentsOf(encapsulated, frame, frames)
  const pieces = fragments.slice(first, first + count).map(({ bytes }) => bytes)
  if (pieces.length === 0) throw damaged(`frame ${frame} is missing`)
  return { bytes: pieces.length === 1 ? pieces[0]! : joinBytes(pieces), whole }
}

/** First fragment and number of fragments of a frame: by the offset table, by count, or by JPEG end markers. */
function fragmentsOf(
  { fragments, offsets }: Encapsulated,
  frame: number,
  frames: number,
): [first: number, count: number] {
  if (frames === 1) return [0, fragments.length]
  if (fragments.length <= frames) return [frame, 1] // fewer than it says: those that are there
  if (offsets.length === frames) {
    const first = fragments.findIndex(({ offset }) => offset === offsets[frame])
    const next =
      frame + 1 < frames
        ? fragments.findIndex(({ offset }) => offset === offsets[frame + 1])
        : fragments.length
    if (first >= 0 && next > first) return [first, next - first]
  }
  // Each frame of a JPEG family codec ends in an end-of-image or end-of-codestream marker, perhaps padded by a byte.
  const ends = fragments.flatMap(({ bytes }, i) => {
    const closes = (at: number) => bytes[at] === 0xff && bytes[at + 1] === 0xd9
    return closes(bytes.length - 2) || closes(bytes.length - 3) ? [i + 1] : []
  })
  if (ends.length !== frames) return [0, 0]
  const first = frame === 0 ? 0 : ends[frame - 1]!
  return [first, ends[frame]! - first]
}
