import { setTimeout as wait } from 'node:timers/promises'

/** A part of a start that runs in a process of its own. */
export type Part = {
  /** Why it ended, once it has. */
  readonly ended: Promise<string>
  readonly stop: () => Promise<void>
}

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 30_000
/** Who has run for so long has not died of its start. */
const STEADY_MS = 60_000

/**
 * Starts a part, and starts it again whenever it ends by itself, after waits that grow while it keeps ending.
 * @throws what the first start throws: a mistake of the call, which trying again does not mend
 */
export async function keepRunning<P extends Part>(name: string, start: () => Promise<P>) {
  let stopping = false
  let current: P | undefined = await start()
  const stopped = new AbortController()

  async function again(waitMs: number): Promise<P | undefined> {
    console.error(`${name} is started again in ${waitMs / 1000} s`)
    await wait(waitMs, undefined, { signal: stopped.signal }).catch(() => undefined) // stopped: not again
    if (stopping) return undefined
    try {
      const part = await start()
      console.error(`${name} runs again`)
      return part
    } catch (error) {
      console.error(`${name} could not be started: ${error instanceof Error ? error.message : String(error)}`)
      return again(Math.min(LONGEST_WAIT_MS, waitMs * 2))
    }
  }

  async function watch(): Promise<void> {
    let waitMs = FIRST_WAIT_MS
    while (current) {
      const began = performance.now()
      const why = await current.ended
      current = undefined
      if (stopping) return
      console.error(`${name} ended (${why})`)
      waitMs = performance.now() - began > STEADY_MS ? FIRST_WAIT_MS : waitMs
      current = await again(waitMs)
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)
    }
  }
  const watching = watch()
  return {
    /** The part that runs now; undefined while it is away. */
    current: (): P | undefined => current,
    stop: async () => {
      stopping = true
      stopped.abort()
      await current?.stop()
      await watching
    },
  }
}
