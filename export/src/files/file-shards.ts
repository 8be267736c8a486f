import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { ConvertError } from '../errors.ts'
import type { Shards } from './shards.ts'

/** Shards as files: only what is asked for is read, so that a model never lies in memory twice. */
export function fileShards(paths: readonly string[]): Shards {
  const files = paths.map((path) => {
    if (!existsSync(path))
      throw new ConvertError(
        'weights-unreadable',
        `weight shard ${path} is missing; put it beside model.json`,
      )
    const stats = statSync(path)
    if (!stats.isFile())
      throw new ConvertError('weights-unreadable', `weight shard ${path} is no regular file`)
    return { path, bytes: stats.size }
  })
  const read = (offset: number, into: Uint8Array) => {
    let start = 0
    for (const { path, bytes } of files) {
      const from = Math.max(offset, start)
      const to = Math.min(offset + into.length, start + bytes)
      if (from < to) {
        const file = openSync(path, 'r')
        try {
          // A call reads less than 2 GiB.
          for (let at = from; at < to; )
            at += readSync(file, into, at - offset, Math.min(to - at, 1 << 30), at - start)
        } finally {
          closeSync(file)
        }
      }
      start += bytes
    }
  }
  return { bytes: files.reduce((sum, file) => sum + file.bytes, 0), read }
}
