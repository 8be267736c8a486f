import { renameSync, rmSync, writeFileSync } from 'node:fs'

/** A reader never sees half a file; a killed run and a full disk leave the old one. @throws naming the file */
export function writeWhole(path: string, data: string | Uint8Array): void {
  const part = `${path}.part`
  try {
    writeFileSync(part, data)
    renameSync(part, path)
  } catch (error) {
    rmSync(part, { force: true })
    throw new Error(`${path} cannot be written: ${(error as Error).message}`, { cause: error })
  }
}

/** An object as a file of JSON that a person can read. */
export const writeJson = (path: string, value: unknown): void =>
  writeWhole(path, `${JSON.stringify(value, null, 1)}\n`)
