import { AppError } from '@detl/core/api/problem'
import { printableLines } from '@detl/core/base/printable'
import { CommanderError } from 'commander'

/** As sh and grep have it. */
export const EXIT_USAGE = 2

/** What a command's user sees of a failure, whatever names and values of files it quotes: code and detail of a known one; a bug's stack only with DEBUG set. Exit code 1, of a wrong call 2. */
export function report(error: unknown): void {
  process.exitCode = error instanceof CommanderError ? EXIT_USAGE : 1
  if (error instanceof AppError) console.error(`detl: ${error.code}: ${printableLines(error.detail)}`)
  else if (error instanceof CommanderError)
    console.error(`detl: ${printableLines(error.message)} (--help shows what there is)`)
  else if (process.env.DEBUG) console.error(error)
  else {
    const message = error instanceof Error ? error.message : String(error)
    console.error(`detl: ${printableLines(message)} (DEBUG=1 shows where)`)
  }
}
