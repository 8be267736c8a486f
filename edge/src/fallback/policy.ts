import { AppError } from '@detl/core/api/problem'
import type { Infer, Inference } from '../upstream.ts'
import type { Circuit } from './circuit.ts'

type PolicyOptions = {
  /** Absent in a deployment without a GPU. */
  readonly gpu: Infer | undefined
  readonly edge: Infer
  readonly circuit: Circuit
  /** The same for those who wait for the GPU alone: to them a slow GPU is not one that is away. */
  readonly patientCircuit: Circuit
  /** What accounts get that chose nothing. */
  readonly fallback: 'edge' | 'fail'
  /** The GPU is given this long before the edge begins beside it; whoever answers first is taken. */
  readonly patienceMs: number
}

/** GPU, else edge, unless the account would rather have an error than an answer from elsewhere. */
export function withFallback(options: PolicyOptions): Infer {
  const { gpu, edge, circuit, patientCircuit, fallback, patienceMs } = options
  return async (tensor, call) => {
    if ((call.fallback ?? fallback) === 'fail') {
      if (gpu) return guarded(gpu, patientCircuit)(tensor, call)
      throw new AppError(
        'upstream-unavailable',
        'there is no GPU, and the account wants no answer from the edge',
      )
    }
    if (!gpu || !circuit.mayCall()) return edge(tensor, call)

    const enough = new AbortController()
    const signal = AbortSignal.any([call.signal, enough.signal])
    const attempt = gpu(tensor, { ...call, signal }).then(
      (inference) => {
        circuit.succeeded()
        return inference
      },
      (error: unknown) => {
        if (!call.signal.aborted && !enough.signal.aborted) circuit.failed()
        throw error
      },
    )
    const early = await within(patienceMs, attempt)
    if (early.state === 'answered') return early.inference
    if (call.signal.aborted) throw early.state === 'failed' ? early.error : call.signal.reason
    if (early.state === 'failed') return edge(tensor, call).catch(() => Promise.reject(early.error))
    try {
      const winner = await Promise.any([attempt, edge(tensor, call)])
      if (winner.servedBy === 'edge') circuit.failed() // too slow counts as away
      return winner
    } catch (failures) {
      throw failures instanceof AggregateError ? failures.errors[0] : failures // the GPU's own
    } finally {
      enough.abort()
    }
  }
}

/** Fails at once while the GPU is known to be down, but for the calls that find out whether it is back. */
const guarded =
  (gpu: Infer, circuit: Circuit): Infer =>
  async (tensor, call) => {
    if (!circuit.mayCall())
      throw new AppError('upstream-unavailable', 'the inference server is down; try again shortly')
    try {
      const inference = await gpu(tensor, call)
      circuit.succeeded()
      return inference
    } catch (error) {
      if (!call.signal.aborted) circuit.failed()
      throw error
    }
  }

type Early =
  | { state: 'answered'; inference: Inference }
  | { state: 'failed'; error: unknown }
  | { state: 'pending' }

async function within(ms: number, attempt: Promise<Inference>): Promise<Early> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const patience = new Promise<Early>((resolve) => {
    timer = setTimeout(() => resolve({ state: 'pending' }), ms)
  })
  const outcome = attempt.then(
    (inference): Early => ({ state: 'answered', inference }),
    (error: unknown): Early => ({ state: 'failed', error }),
  )
  try {
    return await Promise.race([outcome, patience])
  } finally {
    clearTimeout(timer)
  }
}
