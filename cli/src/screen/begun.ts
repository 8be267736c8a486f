import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { linesOf } from '../lines-of.ts'

/** Of an output that is about to be written: where, and its sha256. */
type Begun = { readonly path: string; readonly sha256: string }

export const begunIn = (folder: string): string => join(folder, 'screenings.begun.ndjson')

/**
 * Before an output is put in its place: a run that is killed then, before its image's line is in the record, knows it again for its own.
 * @param list of `begunIn`
 */
export function begin(list: string, path: string, bytes: Uint8Array): void {
  const line: Begun = { path, sha256: digestOf(bytes) }
  appendFileSync(list, `${JSON.stringify(line)}\n`)
}

/** The outputs that runs before this one began, and did not come to record. @throws AppError request-invalid where the list cannot be read */
export async function ownOutputs(folder: string): Promise<(path: string) => boolean> {
  const list = begunIn(folder)
  const begun = new Map<string, Set<string>>()
  if (existsSync(list))
    for await (const { text } of linesOf(list)) {
      const line = parsed(text)
      if (line) begun.set(line.path, (begun.get(line.path) ?? new Set()).add(line.sha256))
    }
  return (path) => begun.get(path)?.has(digestOf(readFileSync(path))) ?? false
}

/** All that was begun is recorded. */
export const allRecorded = (folder: string): void => rmSync(begunIn(folder), { force: true })

/** A run that was killed may leave half a line. */
function parsed(text: string): Begun | undefined {
  try {
    return JSON.parse(text) as Begun
  } catch {
    return undefined
  }
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
