import { type Remote, wrap } from 'comlink'
import { type Engine, type Outcome, PageError } from './types.ts'

let remote: Remote<Engine> | undefined

/** The worker, started at its first use. */
export function engine(): Remote<Engine> {
  remote ??= wrap<Engine>(new Worker(new URL('./engine.worker.ts', import.meta.url), { type: 'module' }))
  return remote
}

/** @throws PageError what the worker met */
export async function unwrap<T>(outcome: Promise<Outcome<T>>): Promise<T> {
  const result = await outcome
  if (result.ok) return result.value
  throw new PageError(result.problem)
}
