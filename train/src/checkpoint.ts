import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeWhole } from './files.ts'
import type { EpochRecord } from './history.ts'

/** What a killed run needs to go on as if it had not been: all numbers that the next step depends on. */
export type Checkpoint = {
  /** Epochs done. */
  epoch: number
  /** Updates done, which Adam's corrections depend on. */
  steps: number
  bestScore: number
  bestEpoch: number
  /** Of the configuration, data and code that the run belongs to; another one must not continue it. */
  identity: string
  history: EpochRecord[]
  /** The model's weights, then the optimiser's moments, in their order. */
  arrays: Float32Array[]
}

const NAME = 'checkpoint.bin'

/** One file: length of a JSON header, the header, then the arrays. It replaces the previous one at once. */
export function saveCheckpoint(dir: string, checkpoint: Checkpoint): void {
  const { arrays, ...rest } = checkpoint
  const header = Buffer.from(JSON.stringify({ ...rest, lengths: arrays.map((a) => a.length) }))
  const size = Buffer.alloc(4)
  size.writeUInt32LE(header.length)
  const bodies = arrays.map((a) => Buffer.from(a.buffer, a.byteOffset, a.byteLength))
  writeWhole(join(dir, NAME), Buffer.concat([size, header, ...bodies]))
}

/** @returns undefined where there is none. @throws if it belongs to another configuration, data or code. */
export function readCheckpoint(dir: string, identity: string): Checkpoint | undefined {
  const path = join(dir, NAME)
  if (!existsSync(path)) return undefined
  const bytes = readFileSync(path)
  const headerEnd = 4 + bytes.readUInt32LE(0)
  const { lengths, ...rest } = JSON.parse(bytes.toString('utf8', 4, headerEnd)) as Omit<
    Checkpoint,
    'arrays'
  > & {
    lengths: number[]
  }
  if (rest.identity !== identity) {
    throw new Error(`${path} is of another configuration, seed or data: start anew in another folder`)
  }
  let at = headerEnd
  const arrays = lengths.map((length) => {
    const body = bytes.subarray(at, at + 4 * length)
    at += 4 * length
    return new Float32Array(new Uint8Array(body).buffer) // a copy: the header's length leaves the body unaligned
  })
  return { ...rest, arrays }
}
