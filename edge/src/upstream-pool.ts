import { AppError } from '@detl/core/api/problem'
import type { Circuit } from './fallback/circuit.ts'
import type { Infer, Inference } from './upstream.ts'

export type Target = {
  readonly infer: Infer
  /** Share of the calls, relative to the other targets'. */
  readonly weight: number
  /** Keeps calls from a target that is down. */
  readonly circuit: Circuit
}

/** What another target may do better. */
const PASSING = new Set(['upstream-unavailable', 'upstream-timeout', 'upstream-invalid', 'overloaded'])

/**
 * Several GPU functions as one: calls are spread by weight over those that are up, and each call is tried once more on another target, when the
 * first has failed or has not answered for `hedgeAfterMs`. Whoever answers first is taken, the other is dropped.
 * @param random in [0,1)
 * @throws AppError of the first target when both fail
 */
export function upstreamPool(
  targets: readonly Target[],
  { hedgeAfterMs, random }: { hedgeAfterMs: number; random: () => number },
): Infer {
  return async (tensor, call) => {
    const [first, second] = choose(targets, random)
    if (!first) throw new AppError('upstream-unavailable', 'no inference server is up; try again shortly')
    const enough = new AbortController()
    const signal = AbortSignal.any([call.signal, enough.signal])
    const attempt = ({ infer, circuit }: Target): Promise<Inference> =>
      infer(tensor, { ...call, signal }).then(
        (inference) => {
          circuit.succeeded()
          return inference
        },
        (error: unknown) => {
          if (!signal.aborted && error instanceof AppError && PASSING.has(error.code)) circuit.failed()
          throw error
        },
      )
    try {
      const main = attempt(first)
      if (!second) return await main
      const hedge = failedOrSlow(main, hedgeAfterMs).then((again) => {
        if (!again || call.signal.aborted) return main
        return attempt(second)
      })
      return await Promise.any([main, hedge])
    } catch (error) {
      throw error instanceof AggregateError ? error.errors[0] : error
    } finally {
      enough.abort()
    }
  }
}

/** Two targets that are up, the first by weight. */
function choose(targets: readonly Target[], random: () => number): Target[] {
  const left = [...targets]
  const chosen: Target[] = []
  while (left.length > 0 && chosen.length < 2) {
    let point = random() * left.reduce((sum, { weight }) => sum + weight, 0)
    const found = left.findIndex(({ weight }) => {
      point -= weight
      return point < 0
    })
    const index = found < 0 ? left.length - 1 : found
    const [target] = left.splice(index, 1)
    if (target?.circuit.admits()) chosen.push(target)
  }
  return chosen
}

/** True when the attempt failed in a way that another target may not, or is still pending after so long; false when it answered. */
async function failedOrSlow(attempt: Promise<unknown>, afterMs: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const slow = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(true), afterMs)
  })
  const ended = attempt.then(
    () => false,
    (error: unknown) => error instanceof AppError && PASSING.has(error.code),
  )
  try {
    return await Promise.race([ended, slow])
  } finally {
    clearTimeout(timer)
  }
}
