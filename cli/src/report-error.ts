import { AppError } from '@detl/core/api/problem'
import { CommanderError } from 'commander'
import { printable } from './printable.ts'

/** As sh and grep have it. */
export const EXIT_USAGE = 2

/** What a command's user sees of a failure: code and detail of a known one; a bug's stack only with DEBUG set. Exit code 1, of a wrong call 2. */
export function report(error: unknown): void {
  process.exitCode = error instanceof CommanderError ? EXIT_USAGE : 1
  if (error instanceof AppError)
    console.error(`detl: ${error.code}: ${error.detail.split('\n').map(printable).join('\n')}`)
  else if (error instanceof CommanderError)
    console.error(`detl: ${error.message} (--help shows what there is)`)
  else if (process.env.DEBUG) console.error(error)
  else console.error(`detl: ${error instanceof Error ? error.message : String(error)} (DEBUG=1 shows where)`)
}
