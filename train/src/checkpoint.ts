import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
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
/** Names the layout: magic, length of the whole file (u64), length of the JSON header (u32), header, arrays, sha256 of all before. */
const MAGIC = Buffer.from('DETLCKP2')
const HEADER_AT = MAGIC.length + 8 + 4
const DIGEST_BYTES = 32

const digestOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

/** Writes `dir`/checkpoint.bin. It replaces the previous one at once. */
export function saveCheckpoint(dir: string, checkpoint: Checkpoint): void {
  const { arrays, ...rest } = checkpoint
  const header = Buffer.from(JSON.stringify({ ...rest, lengths: arrays.map((a) => a.length) }))
  const bodies = arrays.map((a) => Buffer.from(a.buffer, a.byteOffset, a.byteLength))
  const sizes = Buffer.alloc(12)
  const total = bodies.reduce((sum, b) => sum + b.length, HEADER_AT + header.length + DIGEST_BYTES)
  sizes.writeBigUInt64LE(BigInt(total), 0)
  sizes.writeUInt32LE(header.length, 8)
  const content = Buffer.concat([MAGIC, sizes, header, ...bodies])
  writeWhole(join(dir, NAME), Buffer.concat([content, digestOf(content)]))
}

export const hasCheckpoint = (dir: string): boolean => existsSync(join(dir, NAME))

/** Removes what a stage has left in `dir`, so that it starts anew. */
export function removeStage(dir: string): void {
  if (!existsSync(dir)) return
  const events = readdirSync(dir).filter((name) => name.startsWith('events.out.tfevents.'))
  for (const name of [NAME, 'best', 'history.json', ...events])
    rmSync(join(dir, name), { recursive: true, force: true })
}

/**
 * @returns undefined where there is none
 * @throws where it is cut short, where a byte is not the one that was written, or where it belongs to another
 *   configuration, seed or data
 */
export function readCheckpoint(dir: string, identity: string): Checkpoint | undefined {
  if (!hasCheckpoint(dir)) return undefined
  const path = join(dir, NAME)
  const bytes = readFileSync(path)
  checkWhole(path, bytes)
  const headerEnd = HEADER_AT + bytes.readUInt32LE(MAGIC.length + 8)
  const { lengths, ...rest } = JSON.parse(bytes.toString('utf8', HEADER_AT, headerEnd)) as Omit<
    Checkpoint,
    'arrays'
  > & { lengths: number[] }
  if (rest.identity !== identity)
    throw new Error(`${path} is of another configuration, seed or data: start anew in another folder`)
  let at = headerEnd
  const arrays = lengths.map((length) => {
    const body = bytes.subarray(at, at + 4 * length)
    at += 4 * length
    return new Float32Array(new Uint8Array(body).buffer) // a copy: the header's length leaves the body unaligned
  })
  return { ...rest, arrays }
}

/** Wrong weights would go on training without a word. */
function checkWhole(path: string, bytes: Buffer): void {
  const anew = 'start this stage anew with --restart'
  if (bytes.length < HEADER_AT + DIGEST_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC))
    throw new Error(`${path} is no checkpoint of this version: ${anew}`)
  const total = bytes.readBigUInt64LE(MAGIC.length)
  if (BigInt(bytes.length) !== total)
    throw new Error(`${path} is damaged: it has ${bytes.length} bytes and was written with ${total}; ${anew}`)
  const content = bytes.subarray(0, -DIGEST_BYTES)
  if (!digestOf(content).equals(bytes.subarray(-DIGEST_BYTES)))
    throw new Error(`${path} is damaged: its bytes are not those that were written; ${anew}`)
}
