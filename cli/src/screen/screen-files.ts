import { availableParallelism } from 'node:os'
import { buffer } from 'node:stream/consumers'
import { setFlagsFromString } from 'node:v8'
import { MessageChannel } from 'node:worker_threads'
import { AppError } from '@detl/core/api/problem'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { Piscina } from 'piscina'
import type { Input } from './inputs.ts'
import type { ScreenLine } from './line.ts'
import type { Outputs } from './output-folder.ts'
import { GATHERED, type Scorer } from './scorer.ts'
import type { Result, Setup, Task } from './screen-worker.ts'

export type ScreenOptions = {
  readonly scorer: Scorer
  readonly threads: ScreenThreads
  /** What is written of an input, and where. */
  readonly outputs: (input: Input) => Outputs
  /** Once aborted, no further file is begun; those under way are finished. */
  readonly stop: AbortSignal
}

/** Threads start sooner with it, as the process does. */
const STRIPPED = new URL('../../bin/stripped.mjs', import.meta.url).href
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
  const pool = new Pool(options)
  const waiting: Promise<Result | undefined>[] = []
  const most = options.threads.count * WAITING_A_THREAD
  for (const input of inputs) {
    if (options.stop.aborted || pool.fatal !== undefined) break
    waiting.push(pool.screen(input))
    if (waiting.length >= most) yield* lines(await waiting.shift())
  }
  for (const result of waiting) yield* lines(await result)
  if (pool.fatal !== undefined)
    throw new AppError('internal', `${pool.fatal}; what was done is kept, and --resume goes on`)
}

function* lines(result: Result | undefined): Generator<ScreenLine | undefined> {
  if (result === undefined || 'fatal' in result) return
  yield 'line' in result ? result.line : undefined
}

/** The threads that decode. They start at once, and take as long to start as a model to load. */
export class ScreenThreads {
  readonly count: number
  readonly #piscina: Piscina<Task, Result>

  /** @param files so many are to be screened */
  constructor(files: number, setup: Setup) {
    // Freed images would be given back to the system by threads of V8's own, each of which stops all others that take memory: a sixth of the time.
    setFlagsFromString('--no-concurrent-array-buffer-sweeping')
    // Images count as V8's own memory, of which a thread has 13 MB else: each second file would have all of it collected, and with it the machine code of
    // functions that live as long as a file, which is then compiled again. Together a sixth of the processor time; more than this grows memory and saves no time.
    setFlagsFromString('--heap-growing-percent=300')
    this.count = Math.min(availableParallelism(), Math.max(1, files))
    this.#piscina = new Piscina({
      filename: new URL('./screen-worker.ts', import.meta.url).href,
      minThreads: this.count,
      maxThreads: this.count,
      concurrentTasksPerWorker: FILES_A_THREAD,
      atomics: 'disabled', // a thread that sleeps between tasks would not hear of its scores
      execArgv: [...process.execArgv, '--import', STRIPPED],
      workerData: setup,
    })
  }

  run(task: Task): Promise<Result> {
    return this.#piscina.run(task, { transferList: [task.port] })
  }

  close(): Promise<void> {
    return this.#piscina.destroy()
  }
}

class Pool {
  /** Why nothing more can be written. */
  fatal: string | undefined
  readonly #options: ScreenOptions
  readonly #turns: (() => void)[] = []
  #free: number

  constructor(options: ScreenOptions) {
    this.#options = options
    this.#free = options.threads.count * FILES_A_THREAD
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
    const { name: file, path, guessed, keep = [] } = input
    const source = path ?? (await readStdin())
    const { port1, port2 } = new MessageChannel()
    this.#options.scorer.serve(port1)
    try {
      const outputs = this.#options.outputs(input)
      const task: Task = { file, source, guessed, outputs, keep, port: port2 }
      return await this.#options.threads.run(task)
    } finally {
      port1.close()
    }
  }
}

async function readStdin(): Promise<Uint8Array> {
  const bytes = await buffer(process.stdin)
  if (bytes.length > DEFAULT_LIMITS.maxBytes)
    throw new AppError('image-too-large', `${bytes.length} bytes; accepted: ${DEFAULT_LIMITS.maxBytes}`)
  return new Uint8Array(bytes)
}
