import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { AppError } from '@detl/core/api/problem'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { sniff } from '@detl/core/image/sniff'
import { reasonOf } from '../io-errors.ts'
import type { FileBuffers } from './file-buffers.ts'

const { maxBytes } = DEFAULT_LIMITS
/** What a format is told by; a DICOM file's name for itself stands at byte 128. */
const HEAD_BYTES = 256
const PIECE_BYTES = 1 << 20

/**
 * A file's bytes. Its size is held against the limit before it is read; a pipe, which has none, is read up to the limit.
 * @param buffers where the bytes come from, and go back to; new memory without it
 * @param guessed the file may be something else than an image: then its beginning decides
 * @returns undefined for a guessed file that is no image
 * @throws AppError image-missing if it cannot be read, image-too-large
 */
export function readImageFile(path: string, guessed: boolean, buffers?: FileBuffers): Uint8Array | undefined {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const stats = fstatSync(file)
    if (!stats.isFile()) return readPipe(file)
    const { size } = stats
    if (guessed && sniff(read(file, new Uint8Array(Math.min(size, HEAD_BYTES)))) === undefined)
      return undefined
    if (size > maxBytes) throw tooLarge(`${size} bytes`)
    return read(file, buffers?.take(size) ?? new Uint8Array(size))
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('image-missing', `it cannot be read: ${reasonOf(error)}`, { cause: error })
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** @returns the part of `bytes` that was filled: a file may have shrunk meanwhile */
function read(file: number, bytes: Uint8Array): Uint8Array {
  let filled = 0
  while (filled < bytes.length) {
    const n = readSync(file, bytes, filled, bytes.length - filled, filled)
    if (n === 0) break
    filled += n
  }
  return bytes.subarray(0, filled)
}

function readPipe(file: number): Uint8Array {
  const pieces: Uint8Array[] = []
  let length = 0
  for (;;) {
    const piece = new Uint8Array(PIECE_BYTES)
    const n = readSync(file, piece, 0, PIECE_BYTES, null)
    if (n === 0) return Uint8Array.from(Buffer.concat(pieces)) // not of Node's own pool
    pieces.push(piece.subarray(0, n))
    length += n
    if (length > maxBytes) throw tooLarge(`more than ${maxBytes} bytes`)
  }
}

const tooLarge = (what: string) => new AppError('image-too-large', `${what}; accepted: ${maxBytes}`)
