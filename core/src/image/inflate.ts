import { joinBytes } from '../base/join-bytes.ts'
import { InflateInput } from './inflate-input.ts'
import { type InflateEnd, Inflater } from './inflater.ts'
import { Adler32, zlibHeader, zlibTrailer } from './zlib.ts'

/**
 * Inflates at most `limit` bytes; what a bomb would give beyond that is never produced.
 * @returns `cut` if the stream went on after the limit; the bytes before it where the data are cut off or damaged
 */
export async function inflateUpTo(
  compressed: readonly Uint8Array[],
  format: 'deflate' | 'deflate-raw',
  limit: number,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; cut: boolean }> {
  const pieces: Uint8Array[] = []
  let length = 0
  const end = await inflatePieces(compressed, format, (piece) => {
    const wanted = piece.slice(0, limit - length)
    pieces.push(wanted)
    length += wanted.length
    return wanted.length === piece.length
  })
  return { bytes: joinBytes(pieces), cut: end === 'stopped' }
}

/** How inflating ended; `checksum`: with the last block, but the zlib checksum behind it is of other data. */
export type PiecesEnd = InflateEnd | 'checksum'

/**
 * Inflates piece by piece until `onPiece` says false. A piece is valid until the next.
 *
 * The platform's inflater is fast, but each has its own answer to bytes behind the stream and to damage, and how much it gives out before.
 * Where it fails, our own one goes over the stream again and decides, from the byte on that was given out last: same bytes, same answer.
 */
export async function inflatePieces(
  compressed: readonly Uint8Array[],
  format: 'deflate' | 'deflate-raw',
  onPiece: (piece: Uint8Array) => boolean,
): Promise<PiecesEnd> {
  const stream = new DecompressionStream(format)
  const read = pieceReader(stream.readable)
  // A failure of the writing side shows up on the reading side too.
  const written = feed(stream.writable.getWriter(), compressed).catch(() => undefined)
  let given = 0
  for (;;) {
    const piece = await read.next().catch(() => 'failed' as const)
    if (piece === 'failed') return inflateHere(compressed, format, onPiece, given)
    if (piece === undefined) break
    given += piece.length
    if (!onPiece(piece)) {
      await read.cancel()
      return 'stopped'
    }
  }
  await written
  return 'whole'
}

/** The same by our own inflater, without the first `given` bytes. */
function inflateHere(
  compressed: readonly Uint8Array[],
  format: 'deflate' | 'deflate-raw',
  onPiece: (piece: Uint8Array) => boolean,
  given: number,
): PiecesEnd {
  const input = new InflateInput(compressed)
  const sum = new Adler32()
  let skip = given
  const inflater = new Inflater(input, (piece) => {
    if (format === 'deflate') sum.add(piece)
    const skipped = Math.min(skip, piece.length)
    skip -= skipped
    return skipped === piece.length || onPiece(piece.subarray(skipped))
  })
  if (format === 'deflate-raw') return inflater.run()
  if (!zlibHeader(input)) return 'early'
  const end = inflater.run()
  return end === 'whole' ? zlibTrailer(input, sum) : end
}

const PIECE_BYTES = 1 << 18

/**
 * Reads into one large buffer where the stream can be read so: workerd otherwise hands out 4 KB at a time, which takes
 * longer than inflating them.
 */
function pieceReader(readable: DecompressionStream['readable']) {
  const reader = byobReader(readable)
  if (reader === undefined) {
    const usual = readable.getReader()
    return { next: async () => (await usual.read()).value, cancel: () => usual.cancel() }
  }
  let buffer = new ArrayBuffer(PIECE_BYTES)
  const next = async () => {
    const { done, value } = await reader.read(new Uint8Array(buffer))
    if (done || value === undefined) return undefined
    buffer = value.buffer
    return value
  }
  return { next, cancel: () => reader.cancel() }
}

function byobReader(readable: DecompressionStream['readable']) {
  try {
    return readable.getReader({ mode: 'byob' })
  } catch {
    return undefined // the stream is none of bytes, as in Node and in browsers
  }
}

async function feed(writer: ByteWriter, chunks: readonly Uint8Array[]): Promise<void> {
  const step = 1 << 16 // so that back-pressure holds also for one 60 MB chunk, and 1-byte chunks are no 1-byte writes
  let small = new Uint8Array(step)
  let filled = 0
  for (const chunk of chunks) {
    if (filled + chunk.length <= step) {
      small.set(chunk, filled)
      filled += chunk.length
      continue
    }
    if (filled > 0) await writer.write(small.subarray(0, filled))
    small = new Uint8Array(step) // the stream may still hold the former
    filled = 0
    for (let at = 0; at < chunk.length; at += step) await writer.write(chunk.subarray(at, at + step))
  }
  if (filled > 0) await writer.write(small.subarray(0, filled))
  await writer.close()
}
