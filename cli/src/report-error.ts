import { AppError } from '@detl/core/api/problem'

/** What a command's user sees of a failure: code and detail of a known one; a bug's stack only with DEBUG set. Exit code 1. */
export function report(error: unknown): void {
  if (error instanceof AppError) console.error(`detl: ${error.code}: ${error.detail}`)
  else if (process.env.DEBUG) console.error(error)
  else console.error(`detl: ${error instanceof Error ? error.message : String(error)} (DEBUG=1 shows where)`)
  process.exitCode = 1
}
