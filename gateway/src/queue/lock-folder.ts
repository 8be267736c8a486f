import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '@detl/core/api/problem'
import { sqlite } from './sqlite.ts'

/**
 * Keeps every other process out of a folder. The lock is a transaction that stays open: it ends with the process, however that ends.
 * @param folder created if need be, for its owner alone
 * @param refusal what another process is told that wants the folder meanwhile
 * @throws AppError conflict while another process has it
 */
export function lockFolder(folder: string, refusal: string): { release: () => void } {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const lock = new sqlite.DatabaseSync(join(folder, 'lock.sqlite'), { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    lock.close()
    throw new AppError('conflict', refusal, { cause })
  }
  return { release: () => lock.close() }
}
