import { readFileSync } from 'node:fs'

const POLL_MS = 1000

/**
 * Tells when npm is gone, under which this process was started: `npm start` passes a signal on to its shell alone, and SIGKILL to nobody. Of a
 * process that was started otherwise its parent may go: `detl serve all &` in a script that ends is meant to run on.
 */
export function whenNpmIsGone(then: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return
  const before = ancestors()
  const timer = setInterval(() => {
    if (ancestors() === before) return
    clearInterval(timer)
    then()
  }, POLL_MS)
  timer.unref()
}

/** The parent, which may be npm's shell, and its parent, where that can be known. */
const ancestors = (): string => `${process.ppid} ${parentOf(process.ppid) ?? ''}`

function parentOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')')).split(' ')[2]
  } catch {
    return undefined // no /proc, or the process is gone
  }
}

/** Whether SIGHUP is ignored, as `nohup` has it: then the end of the terminal is not ours. */
function ignoresHangUp(): boolean {
  try {
    const [, mask = '0'] = /^SigIgn:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    return (BigInt(`0x${mask}`) & 1n) === 1n
  } catch {
    return false
  }
}

/** Signals that end a command which runs until it is told to stop. */
export const endingSignals = (): readonly NodeJS.Signals[] =>
  ignoresHangUp() ? ['SIGINT', 'SIGTERM'] : ['SIGINT', 'SIGTERM', 'SIGHUP']
