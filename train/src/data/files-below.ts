import { isUtf8 } from 'node:buffer'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Of a file whose name's bytes are not UTF-8: Node gives such a name with other bytes, at which nothing lies. */
export const NOT_UTF8 = 'its name is not UTF-8: rename it, for example with convmv'

/** A name's bytes, those that are not ASCII as `\\xe9`. */
export const escapedName = (bytes: Buffer): string =>
  [...bytes].map((byte) => (byte < 128 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`)).join('')

export type FilesBelow = {
  readonly files: readonly string[]
  /** Files and folders that cannot be read, since their names are not UTF-8 (`NOT_UTF8`); as `escapedName` shows them. */
  readonly misnamed: readonly string[]
}

/** All regular files below a folder, links not followed; their order is the file system's. */
export function filesBelow(folder: string): FilesBelow {
  const files: string[] = []
  const misnamed: string[] = []
  for (const entry of readdirSync(folder, { encoding: 'buffer', withFileTypes: true })) {
    const path = join(folder, isUtf8(entry.name) ? String(entry.name) : escapedName(entry.name))
    if (!isUtf8(entry.name)) misnamed.push(path)
    else if (entry.isFile()) files.push(path)
    else if (entry.isDirectory()) {
      const below = filesBelow(path)
      files.push(...below.files)
      misnamed.push(...below.misnamed)
    }
  }
  return { files, misnamed }
}
