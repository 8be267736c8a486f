import { renameSync, writeFileSync } from 'node:fs'

/** A reader never sees half a file, and a killed run leaves the old one. */
export function writeWhole(path: string, data: string | Uint8Array): void {
  writeFileSync(`${path}.part`, data)
  renameSync(`${path}.part`, path)
}

/** An object as a file of JSON that a person can read. */
export const writeJson = (path: string, value: unknown): void =>
  writeWhole(path, `${JSON.stringify(value, null, 1)}\n`)
