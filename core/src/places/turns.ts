import type { KeyMode } from '../api/api-key.ts'

/** Who waits for a turn. */
export type Guest = { readonly account: string; readonly mode: KeyMode }

type Waiting = { readonly guest: Guest; readonly go: () => void; readonly first: boolean }

export type Turns = {
  /**
   * The work, when it is its guest's turn: live before test, then the account whose last turn is longest ago, then who came first.
   * @param first before all others: it ends what was begun
   */
  readonly take: <T>(guest: Guest, work: () => Promise<T>, first?: boolean) => Promise<T>
  /** Nobody waits for it any more. */
  readonly giveUp: (guest: Guest) => void
  /** How long a guest would wait who came after these. */
  readonly expectedWaitMs: (guest: Guest, before: readonly Guest[]) => number
}

/** Weight of the last turn in the mean. */
const LATEST = 0.2

/**
 * Turns at what there is little of: the thread of an isolate and its memory.
 * @param options `atOnce` turns at a time; whoever has one for longer than `longestMs` was ended in the middle and cannot say so
 */
export function turns(options: { atOnce: number; longestMs: number; now: () => number }): Turns {
  const { atOnce, longestMs, now } = options
  const running = new Map<object, number>()
  const lastTurn = new Map<string, number>()
  let waiting: Waiting[] = []
  let count = 0
  let meanMs = 0

  const before = (a: Waiting, b: Waiting) =>
    Number(b.first) - Number(a.first) ||
    Number(a.guest.mode === 'test') - Number(b.guest.mode === 'test') ||
    (lastTurn.get(a.guest.account) ?? 0) - (lastTurn.get(b.guest.account) ?? 0)

  function pump(): void {
    for (const [turn, since] of running) if (now() - since > longestMs) running.delete(turn)
    while (running.size < atOnce && waiting.length > 0) {
      const next = waiting.toSorted(before)[0]! // stable: who came first stays before
      waiting = waiting.filter((other) => other !== next)
      lastTurn.delete(next.guest.account) // kept in the order of use, so that the oldest can go
      lastTurn.set(next.guest.account, ++count)
      if (lastTurn.size > 1000) lastTurn.delete(lastTurn.keys().next().value!)
      next.go()
    }
  }

  return {
    async take(guest, work, first = false) {
      const turn = {}
      await new Promise<void>((resolve) => {
        const go = () => {
          running.set(turn, now())
          resolve()
        }
        waiting.push({ guest, go, first })
        pump()
      })
      const began = now()
      try {
        return await work()
      } finally {
        meanMs += (now() - began - meanMs) * (meanMs === 0 ? 1 : LATEST)
        running.delete(turn)
        pump()
      }
    },
    giveUp(guest) {
      waiting = waiting.filter((other) => other.guest !== guest)
      pump()
    },
    expectedWaitMs(guest, others) {
      const ahead = turnsAhead(guest, others)
      const busy = running.size + ahead - atOnce + 1
      return busy <= 0 ? 0 : (busy * meanMs) / atOnce
    },
  }
}

/** Of those who came before, how many have their turn before this guest: one of each account for each one of its own, and its own. */
function turnsAhead({ account, mode }: Guest, others: readonly Guest[]): number {
  const counts = new Map<string, number>()
  let live = 0
  for (const other of others) {
    if (mode === 'live' && other.mode === 'test') continue
    if (mode === 'test' && other.mode === 'live') live++
    else counts.set(other.account, (counts.get(other.account) ?? 0) + 1)
  }
  const own = counts.get(account) ?? 0
  counts.delete(account)
  return live + own + [...counts.values()].reduce((sum, n) => sum + Math.min(n, own + 1), 0)
}
