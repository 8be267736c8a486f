import { existsSync } from 'node:fs'
import { link, mkdir, open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppError } from '@detl/core/api/problem'

/**
 * Writes a file that is there as a whole or not at all, also when the disk is full or the process is killed: beside it first, under a name of
 * its own. Folders above are made.
 * @throws AppError conflict if something is there and `force` is false; system errors as they are
 */
export async function writeWhole(path: string, bytes: Uint8Array, force: boolean): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const part = `${path}.${process.pid}-part`
  try {
    const file = await openNew(part)
    try {
      await file.writeFile(bytes)
    } finally {
      await file.close()
    }
    await (force ? rename(part, path) : place(part, path))
  } catch (error) {
    await unlink(part).catch(() => undefined) // it may not have come to be
    throw error
  }
}

/** One that is there is of a process that was killed and had the same number: in a container most have. */
async function openNew(part: string) {
  return open(part, 'wx').catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
    await unlink(part)
    return open(part, 'wx')
  })
}

/** @throws AppError conflict */
export function mustNotExist(path: string): never {
  throw new AppError('conflict', `${path} exists already; --force overwrites it`)
}

/** What a file system without hard links answers, such as that of a USB stick. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/** A link fails where something is there, a renaming would replace it. */
async function place(part: string, path: string): Promise<void> {
  try {
    await link(part, path)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') mustNotExist(path)
    if (!NO_LINKS.has(code)) throw error
    if (existsSync(path)) mustNotExist(path)
    await rename(part, path)
    return
  }
  await unlink(part)
}
