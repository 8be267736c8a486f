import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What os.tmpdir() and other programs look at, on Unix and on Windows. */
const NAMES = ['TMPDIR', 'TEMP', 'TMP'] as const
/** Set while a run has its folder: Vitest sets up each of its projects. */
const MARK = 'DETL_TEST_FOLDER'

/**
 * Vitest's global set-up: all temporary files of a run, of the tests and of every program that they start, lie in one folder, which is removed when the run
 * ends. So nothing stays of a test that forgets its own or was killed, and of none that was killed with its programs but one folder.
 */
export function setup(): (() => void) | undefined {
  if (process.env[MARK] !== undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'detl-tests-'))
  const before = NAMES.map((name) => process.env[name])
  process.env[MARK] = folder
  for (const name of NAMES) process.env[name] = folder
  return () => {
    delete process.env[MARK]
    for (const [i, name] of NAMES.entries())
      if (before[i] === undefined) delete process.env[name]
      else process.env[name] = before[i]
    // A program that was just killed may still write.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}
