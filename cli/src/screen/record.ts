import { existsSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '@detl/core/api/problem'
import { reasonOf, systemCode } from '../io-errors.ts'
import { RECORD } from './inputs.ts'
import type { ScreenLine } from './line.ts'
import { toNdjson } from './printers.ts'

export const recordIn = (folder: string): string => join(folder, RECORD)

/** The lines of all that `--out` holds, in a file of its own, whose lines are always whole. */
export class RunRecord {
  readonly #file: FileHandle
  #bytes: number

  private constructor(file: FileHandle, bytes: number) {
    this.#file = file
    this.#bytes = bytes
  }

  /**
   * @param keep bytes of an earlier record that stay; undefined if it is not gone on with
   * @throws AppError conflict if there is a record and neither `keep` nor `force` says what to do with it
   */
  static async open(folder: string, keep: number | undefined, force: boolean): Promise<RunRecord> {
    const path = recordIn(folder)
    try {
      const file = await open(path, keep !== undefined && existsSync(path) ? 'r+' : force ? 'w' : 'wx')
      await file.truncate(keep ?? 0)
      return new RunRecord(file, keep ?? 0)
    } catch (error) {
      if (systemCode(error) === 'EEXIST')
        throw new AppError(
          'conflict',
          `${folder} holds the results of another run: --resume goes on with it, --force overwrites it`,
        )
      throw new AppError('request-invalid', `${path} cannot be written: ${reasonOf(error)}`, { cause: error })
    }
  }

  /** @throws AppError internal; the record then ends with the line before */
  async add(line: ScreenLine): Promise<void> {
    const bytes = Buffer.from(toNdjson(line))
    try {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, this.#bytes + at)
        at += bytesWritten
      }
      this.#bytes += bytes.length
    } catch (error) {
      await this.#file.truncate(this.#bytes)
      throw new AppError('internal', `the record of the run cannot be written: ${reasonOf(error)}`, {
        cause: error,
      })
    }
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}
