import { AppError, passes } from '@detl/core/api/problem'
import type { Circuit } from './fallback/circuit.ts'
import type { Infer, Inference } from './upstream.ts'

export type Target = {
  readonly infer: Infer
  /** Share of the calls, relative to the other targets'. */
  readonly weight: number
  /** Keeps calls from a target that is down. */
  readonly circuit: Circuit
}

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
    const next = inTurn(targets, random)
    const first = next()
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
          if (!signal.aborted && passes(error)) circuit.failed()
          throw error
        },
      )
    try {
      const main = attempt(first)
      const hedge = failedOrSlow(main, hedgeAfterMs).then((again) => {
        const second = again && !call.signal.aborted ? next() : undefined
        return second ? attempt(second) : main
      })
      return await Promise.any([main, hedge])
    } catch (error) {
      throw error instanceof AggregateError ? error.errors[0] : error
    } finally {
      enough.abort()
    }
  }
}

/** Targets that are up, by weight, each once. Only who calls one asks for it: a circuit lets few calls through to find out whether it is back. */
function inTurn(targets: readonly Target[], random: () => number): () => Target | undefined {
  const left = [...targets]
  return () => {
    while (left.length > 0) {
      let point = random() * left.reduce((sum, { weight }) => sum + weight, 0)
      const found = left.findIndex(({ weight }) => {
        point -= weight
        return point < 0
      })
      const [target] = left.splice(found < 0 ? left.length - 1 : found, 1)
      if (target?.circuit.mayCall()) return target
    }
    return undefined
  }
}

/** True when the attempt failed in a way that another target may not, or is still pending after so long; false when it answered. */
async function failedOrSlow(attempt: Promise<unknown>, afterMs: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const slow = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(true), afterMs)
  })
  const ended = attempt.then(
    () => false,
    (error: unknown) => passes(error),
  )
  try {
    return await Promise.race([ended, slow])
  } finally {
    clearTimeout(timer)
  }
}
