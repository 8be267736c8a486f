import { availableParallelism } from 'node:os'
import { buffer } from 'node:stream/consumers'
import { setFlagsFromString } from 'node:v8'
import { MessageChannel } from 'node:worker_threads'
import { AppError } from '@detl/core/api/problem'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import type { Language } from '@detl/core/model/classes'
import { Piscina } from 'piscina'
import type { Input } from './inputs.ts'
import type { ScreenLine } from './line.ts'
import type { Outputs } from './output-folder.ts'
import { GATHERED, type Scorer } from './scorer.ts'
import type { Result, Setup, Task } from './screen-worker.ts'

export type ScreenOptions = {
  readonly scorer: Scorer
  /** What is written of an input, and where. */
  readonly outputs: (input: Input) => Outputs
  /** Outputs may take the place of what is there. */
  readonly force: boolean
  /** Of what people read. */
  readonly language: Language
  /** Decide only what the model is sure of. */
  readonly selective: boolean
  /** Once aborted, no further file is begun; those under way are finished. */
  readonly stop: AbortSignal
}

/** Files that a thread has at once: while some wait for their scores, the next is decoded. */
const FILES_A_THREAD = GATHERED
/** Results that may wait for an earlier one, a thread: a large file does not hold up the small ones behind it. */
const WAITING_A_THREAD = 16

/**
 * Screens files on all cores: decoding in a pool of threads, the model in one of its own. Lines come in the order of the inputs, one for each, also for
 * one that cannot be scored; `undefined` for what was no image and need not have been one. Memory does not grow with the number of inputs.
 * @throws AppError internal after the lines of what is done, if nothing more can be written (a full disk)
 */
export async function* screenFiles(
  inputs: readonly Input[],
  options: ScreenOptions,
): AsyncGenerator<ScreenLine | undefined> {
  const threads = Math.min(availableParallelism(), Math.max(1, inputs.length))
  const pool = new Pool(threads, options)
  const waiting: Promise<Result | undefined>[] = []
  try {
    for (const input of inputs) {
      if (options.stop.aborted || pool.fatal !== undefined) break
      waiting.push(pool.screen(input))
      if (waiting.length >= threads * WAITING_A_THREAD) yield* lines(await waiting.shift())
    }
    for (const result of waiting) yield* lines(await result)
  } finally {
    await pool.close()
  }
  if (pool.fatal !== undefined)
    throw new AppError('internal', `${pool.fatal}; what was done is kept, and --resume goes on`)
}

function* lines(result: Result | undefined): Generator<ScreenLine | undefined> {
  if (result === undefined || 'fatal' in result) return
  yield 'line' in result ? result.line : undefined
}

class Pool {
  /** Why nothing more can be written. */
  fatal: string | undefined
  readonly #options: ScreenOptions
  readonly #piscina: Piscina<Task, Result>
  readonly #turns: (() => void)[] = []
  #free: number

  constructor(threads: number, options: ScreenOptions) {
    // Freed images would be given back to the system by threads of V8's own, each of which stops all others that take memory: a sixth of the time.
    setFlagsFromString('--no-concurrent-array-buffer-sweeping')
    // Images count as V8's own memory, of which a thread has 13 MB else: each second file would have all of it collected, and with it the machine code of
    // functions that live as long as a file, which is then compiled again. Together a sixth of the processor time; more than this grows memory and saves no time.
    setFlagsFromString('--heap-growing-percent=300')
    this.#options = options
    this.#free = threads * FILES_A_THREAD
    this.#piscina = new Piscina({
      filename: new URL('./screen-worker.ts', import.meta.url).href,
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: FILES_A_THREAD,
      atomics: 'disabled', // a thread that sleeps between tasks would not hear of its scores
      workerData: {
        manifest: options.scorer.manifest,
        force: options.force,
        language: options.language,
        selective: options.selective,
      } satisfies Setup,
    })
  }

  /** @returns undefined if it was not begun */
  async screen(input: Input): Promise<Result | undefined> {
    const { name: file, fault } = input
    if (fault) return { line: { file, error: { code: fault.code, detail: fault.detail } } }
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#turns.push(resolve))
    try {
      if (this.#options.stop.aborted || this.fatal !== undefined) return undefined
      const result = await this.#run(input)
      if ('fatal' in result) this.fatal = result.fatal
      return result
    } catch (error) {
      // A thread that ends by itself, out of memory for example, takes its files with it; the pool starts another.
      const known = error instanceof AppError ? error : new AppError('internal', String(error))
      return { line: { file, error: { code: known.code, detail: known.detail } } }
    } finally {
      const next = this.#turns.shift()
      if (next) next()
      else this.#free++
    }
  }

  async #run(input: Input): Promise<Result> {
    const { name: file, path, guessed } = input
    const source = path ?? (await readStdin())
    const { port1, port2 } = new MessageChannel()
    this.#options.scorer.serve(port1)
    try {
      const task: Task = { file, source, guessed, outputs: this.#options.outputs(input), port: port2 }
      return await this.#piscina.run(task, { transferList: [port2] })
    } finally {
      port1.close()
    }
  }

  close(): Promise<void> {
    return this.#piscina.destroy()
  }
}

async function readStdin(): Promise<Uint8Array> {
  const bytes = await buffer(process.stdin)
  if (bytes.length > DEFAULT_LIMITS.maxBytes)
    throw new AppError('image-too-large', `${bytes.length} bytes; accepted: ${DEFAULT_LIMITS.maxBytes}`)
  return new Uint8Array(bytes)
}
