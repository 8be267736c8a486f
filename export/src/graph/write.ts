import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ConvertError } from '../errors.ts'

/** Writes a file whole or not at all: beside its place first, then renamed over it. */
export function writeWhole(path: string, parts: readonly Uint8Array[]): void {
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.part`)
  try {
    mkdirSync(dirname(path), { recursive: true })
    const file = openSync(beside, 'w')
    try {
      // A call writes less than 2 GiB.
      for (const part of parts)
        for (let at = 0; at < part.length; )
          at += writeSync(file, part, at, Math.min(part.length - at, 1 << 30))
    } finally {
      closeSync(file)
    }
    renameSync(beside, path)
  } catch (cause) {
    if (existsSync(beside)) rmSync(beside)
    throw new ConvertError('output-unwritable', `${path}: ${(cause as Error).message}`, { cause })
  }
}
