import { AppError } from '@detl/core/api/problem'
import { CommanderError } from 'commander'
import { printable } from './printable.ts'

/** As sh and grep have it. */
export const EXIT_USAGE = 2

/** What a command's user sees of a failure: code and detail of a known one; a bug's stack only with DEBUG set. Exit code 1, of a wrong call 2. */
export function report(error: unknown): void {
  process.exitCode = error instanceof CommanderError ? EXIT_USAGE : 1
  if (error instanceof AppError) console.error(`detl: ${error.code}: ${lines(error.detail)}`)
  else if (error instanceof CommanderError)
    console.error(`detl: ${lines(error.message)} (--help shows what there is)`)
  else if (process.env.DEBUG) console.error(error)
  else {
    const message = error instanceof Error ? error.message : String(error)
    console.error(`detl: ${lines(message)} (DEBUG=1 shows where)`)
  }
}

/** Messages quote names, layers and values of files that are not ours. */
const lines = (text: string): string => text.split('\n').map(printable).join('\n')
