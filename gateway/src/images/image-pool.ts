import { availableParallelism } from 'node:os'
import { Piscina } from 'piscina'
import { FaultError } from '../queue/fault.ts'
import type { Outcome, Task, TaskName, Tasks } from './tasks.ts'

/** Threads for work on images: all cores but one, which is left to the network. */
export class ImagePool {
  readonly #piscina = new Piscina<Task, Outcome>({
    filename: new URL('./image-worker.ts', import.meta.url).href,
    minThreads: 1,
    maxThreads: Math.max(1, availableParallelism() - 1),
    atomics: 'disabled', // a thread that sleeps by them holds a core of its own
  })

  readonly #ending: AbortSignal

  /** @param ending what is under way ends with it */
  constructor(ending: AbortSignal) {
    this.#ending = ending
  }

  /** @throws FaultError; AbortError where it ended */
  async run<Name extends TaskName>(name: Name, needs: Tasks[Name]['needs']): Promise<Tasks[Name]['gives']> {
    const outcome = await this.#piscina.run({ name, needs } as Task, { signal: this.#ending })
    if ('fault' in outcome) throw new FaultError(outcome.fault)
    return outcome.given as Tasks[Name]['gives']
  }

  /** What is under way is dropped: the queue has it still. */
  stop = (): Promise<void> => this.#piscina.destroy()
}
