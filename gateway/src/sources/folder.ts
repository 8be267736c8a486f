import { readdir, readFile, stat } from 'node:fs/promises'
import { sep } from 'node:path'
import type { Logger } from 'pino'
import type { Receive } from './receive.ts'

type FolderDeps = {
  readonly path: string
  readonly maxBytes: number
  readonly receive: Receive
  readonly log: Logger
}

/**
 * A watched folder, with the folders below it. Its files are taken and left where they are. A file is taken once its size and time have not
 * changed between two looks: another program may still be writing it. After a restart all are looked at again; the queue knows its own.
 * @returns one look, which goes no further once its signal is aborted
 */
export function folderWatch({
  path,
  maxBytes,
  receive,
  log,
}: FolderDeps): (signal: AbortSignal) => Promise<void> {
  const seen = new Map<string, { stamp: string; taken: boolean }>()
  return async (signal) => {
    const there = new Set<string>()
    for await (const at of filesBelow(Buffer.from(path))) {
      if (signal.aborted) return
      const file = at.toString('latin1') // one character a byte: as they are, and none like another
      there.add(file)
      const found = await stat(at).catch(() => undefined) // gone between both calls
      if (!found) continue
      const stamp = `${found.size} ${found.mtimeMs}`
      const before = seen.get(file)
      if (before?.stamp !== stamp) {
        seen.set(file, { stamp, taken: false })
        continue
      }
      if (before.taken) continue
      if (found.size > maxBytes) {
        log.warn({ bytes: found.size }, 'a file of the watched folder is larger than is accepted')
        seen.set(file, { stamp, taken: true })
        continue
      }
      const { outcome, reason } = await receive(new Uint8Array(await readFile(at)), 'folder')
      log.info({ outcome, reason }, 'watched folder')
      if (outcome !== 'full') seen.set(file, { stamp, taken: true })
    }
    for (const file of seen.keys()) if (!there.has(file)) seen.delete(file)
  }
}

/** By the bytes of their names, which need not be UTF-8: under any others such a file, and all that lies in such a folder, is not found. */
async function* filesBelow(folder: Buffer): AsyncGenerator<Buffer> {
  for (const entry of await readdir(folder, { encoding: 'buffer', withFileTypes: true })) {
    const path = Buffer.concat([folder, Buffer.from(sep), entry.name])
    if (entry.isDirectory()) yield* filesBelow(path)
    else if (entry.isFile()) yield path
  }
}
