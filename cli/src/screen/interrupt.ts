import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export type Interrupt = {
  /** Aborted by the first signal: what is under way may end. The second ends the process at once. */
  readonly stop: AbortSignal
  /** 128 + the signal's number, as shells give it; undefined where none came. */
  readonly exitCode: () => number | undefined
  readonly release: () => void
}

/** Takes Ctrl-C and its like as a wish to end cleanly. */
export function listenForSignals(): Interrupt {
  const stop = new AbortController()
  let exitCode: number | undefined
  const onSignal = (signal: (typeof SIGNALS)[number]) => {
    if (exitCode !== undefined) {
      // Not process.exit: ONNX Runtime aborts where its thread is taken apart during a run.
      process.off(signal, onSignal)
      process.kill(process.pid, signal)
      return
    }
    exitCode = 128 + constants.signals[signal]
    if (process.stderr.isTTY) console.error('\nfinishing the files under way; once more ends at once')
    stop.abort()
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return {
    stop: stop.signal,
    exitCode: () => exitCode,
    release: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal)
    },
  }
}
