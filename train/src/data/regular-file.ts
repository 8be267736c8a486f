import { type Stats, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { AppError } from '@detl/core/api/problem'

/** What a shell has opened already: `<(…)`, /dev/stdin. Reading it ends when its writer does. */
const OPENED = /^\/(dev\/(fd\/\d+|stdin|stdout|stderr|null)|proc\/self\/fd\/\d+)$/

/**
 * What a path is that is neither a regular file nor a folder: whoever opens such a one may wait for ever, or read without end.
 * @returns undefined for files, folders, what is not there or cannot be looked at (a text too long for a name, a folder that may not be entered), and what the shell has opened
 * @example irregular('/tmp/a-pipe') // 'a pipe'
 */
export function irregular(path: string): string | undefined {
  if (OPENED.test(path)) return undefined
  const stats = statsOf(path)
  if (!stats || stats.isFile() || stats.isDirectory()) return undefined
  return stats.isFIFO() ? 'a pipe' : stats.isSocket() ? 'a socket' : 'a device'
}

/** An option's text need not be a path; whoever opens a path that cannot be looked at says why. */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

/** The bytes of a regular file. @throws AppError request-invalid for a pipe, socket or device; as `readFile` does */
export async function readRegular(path: string): Promise<Buffer<ArrayBuffer>> {
  const kind = irregular(path)
  if (kind) throw new AppError('request-invalid', `${path} is ${kind}, not a regular file`)
  return readFile(path)
}
