import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { open, readdir, readFile, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'

/** Which file of which image; see `Item`. */
type Named = { readonly sop_instance: string; readonly revision: number }

/** The files of images that wait, byte for byte as they came. */
export class Spool {
  readonly #folder: string
  #parts = 0

  constructor(folder: string) {
    this.#folder = join(folder, 'spool')
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
  }

  /** On the disk, with its name, before it resolves. */
  async write(image: Named, bytes: Uint8Array): Promise<void> {
    const part = join(this.#folder, `${process.pid}-${this.#parts++}.part`)
    const file = await open(part, 'wx', 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(part, this.#path(image))
    if (process.platform === 'win32') return // a folder cannot be opened there
    const folder = await open(this.#folder)
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  }

  read = async (image: Named): Promise<Uint8Array> => new Uint8Array(await readFile(this.#path(image)))

  async remove(image: Named): Promise<void> {
    await unlink(this.#path(image)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error // removed before the process was killed
    })
  }

  /** Removes what no row speaks of: halves of files, and images whose sender was never told that they are here. */
  async sweep(needed: readonly Named[]): Promise<void> {
    const names = new Set(needed.map(nameOf))
    for (const name of await readdir(this.#folder))
      if (!names.has(name)) await unlink(join(this.#folder, name))
  }

  #path = (image: Named) => join(this.#folder, nameOf(image))
}

/** A UID of a stranger is no file name. */
const nameOf = ({ sop_instance, revision }: Named) =>
  `${createHash('sha256').update(sop_instance).digest('hex')}-${revision}.dcm`
