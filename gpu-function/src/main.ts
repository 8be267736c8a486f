/**
 * `node gpu-function/src/main.ts`: the GPU function as a process of its own.
 * SIGTERM and SIGINT finish what was accepted, then end it; a second signal ends it at once.
 */
import { enableCompileCache } from 'node:module'
import { pino } from 'pino'

// A start from zero is what a GPU host charges for: compiled modules are kept where the host allows it.
enableCompileCache()
const { parseEnv } = await import('./env.ts')
const { startGpuFunction } = await import('./start.ts')

const options = (() => {
  try {
    return parseEnv(process.env, process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`gpu-function: ${error instanceof Error ? error.message : error}\n`)
    process.exit(2)
  }
})()
// Lines are gathered and written together: a write for every call costs as much as its signature.
const destination = pino.destination({ sync: false, minLength: 4096, periodicFlush: 500 })
const log = pino({ level: options.logLevel }, destination)

process.on('uncaughtException', (err) => {
  log.fatal({ err }, 'uncaught')
  exit(1)
})

const received = new Set<string>()
try {
  const server = await startGpuFunction({ ...options, logger: log })
  // `disconnect`: the process that started this one over an IPC channel is gone, however it ended; nobody else would stop this one.
  for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const)
    process.on(signal as NodeJS.Signals, () => {
      // The same signal again means at once; another one (a terminal's SIGINT, then a parent's SIGTERM) says nothing new.
      if (received.has(signal)) exit(1)
      received.add(signal)
      log.info({ signal }, 'draining')
      server.close().then(
        () => exit(0),
        (err: unknown) => {
          log.error({ err }, 'could not drain')
          exit(1)
        },
      )
    })
} catch (err) {
  log.fatal({ err }, 'could not start')
  exit(1)
}

function exit(code: number): never {
  destination.flushSync()
  process.exit(code)
}
