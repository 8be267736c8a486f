import { type Circuit, circuit } from '../fallback/circuit.ts'

/** After so many images in a row that a host did not give in time, it is asked for one now and then, to see whether it is back. */
export const SILENCES = 3
const FIRST_WAIT_MS = 5000
const LONGEST_WAIT_MS = 60_000
/** Hosts that fail and are remembered; those that answer are forgotten. */
const MAX_HOSTS = 1000

/**
 * Keeps a host that gives no answer from holding workers that other batches wait for. Each account by itself: what one asks for slows no
 * other's down.
 */
export function hostCircuits(now: () => number) {
  const failing = new Map<string, Circuit>()
  const nameOf = (account: string, host: string) => `${account} ${host}`
  return {
    mayAsk: (account: string, host: string): boolean => failing.get(nameOf(account, host))?.mayCall() ?? true,
    answered: (account: string, host: string): void => void failing.delete(nameOf(account, host)),
    silent(account: string, host: string): void {
      const name = nameOf(account, host)
      const known =
        failing.get(name) ??
        circuit({ failures: SILENCES, firstWaitMs: FIRST_WAIT_MS, longestWaitMs: LONGEST_WAIT_MS, now })
      known.failed()
      failing.set(name, known)
      const [oldest] = failing.keys()
      if (failing.size > MAX_HOSTS) failing.delete(oldest!)
    },
  }
}
export type HostCircuits = ReturnType<typeof hostCircuits>
