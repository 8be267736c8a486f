import { AppError } from '@detl/core/api/problem'
import type { WireTensor } from '@detl/core/wire/tensor'
import { chooseBatch, worthwhileBatch } from './choose-batch.ts'
import { RunEstimate } from './run-estimate.ts'
import { rowBytes, type Session } from './session-messages.ts'

/** One caller's rows. Times are `performance.now()` milliseconds. */
export type Job = {
  /** UINT8 rows, [rows,1,S,S]. */
  readonly input: Uint8Array
  readonly rows: number
  readonly outputs: readonly string[]
  /** Later than this the answer is worthless; Infinity = it never is. */
  readonly deadline: number
  readonly signal?: AbortSignal | undefined
}
export type JobResult = {
  readonly outputs: readonly WireTensor[]
  readonly queueMs: number
  readonly runMs: number
  /** Rows of all callers in the run that this job was part of. */
  readonly batchRows: number
}
export type BatcherOptions = {
  /** Warmed-up batch sizes, ascending; the last is the largest batch. */
  readonly sizes: readonly number[]
  /** `auto`: as many as pay by the measured pace; `always`: as many as fit. */
  readonly join: 'auto' | 'always'
  /** How long the first of a batch waits for company when nothing runs. */
  readonly delayMs: number
  /** Rows that may wait. */
  readonly maxQueueRows: number
  /** Work that would wait longer than this, by the measured pace, is refused at once. */
  readonly maxWaitMs: number
  readonly onBatch?: (rows: number, runMs: number) => void
  readonly onDrop?: (reason: 'deadline' | 'cancelled') => void
}

type Entry = Job & { readonly since: number; resolve(result: JobResult): void; reject(error: Error): void }

/**
 * Joins jobs into batches, oldest first, and runs each batch once for all outputs that its callers want.
 * While one batch runs, the next is handed over only when it is full: it then starts without a gap, and a batch that is
 * not full goes on growing. Work whose deadline cannot be met, or whose caller has left, is dropped before it is run.
 */
export class Batcher {
  readonly estimate = new RunEstimate()
  readonly #session: Session
  readonly #options: BatcherOptions
  readonly #queue: Entry[] = []
  readonly #running: { until: number }[] = []
  #queuedRows = 0
  #calls = 0
  #timer: NodeJS.Timeout | undefined
  #idle: (() => void)[] = []
  #ended = false
  #lastEnd = 0

  constructor(session: Session, options: BatcherOptions) {
    this.#session = session
    this.#options = options
    void session.ended.then(() => {
      this.#ended = true
      for (const entry of this.#queue.splice(0)) entry.reject(unavailable())
      this.#queuedRows = 0
      this.#settleIdle()
    })
  }

  get queuedRows(): number {
    return this.#queuedRows
  }

  /** Rows up to which jobs are put together now. */
  get joinRows(): number {
    const { sizes, join } = this.#options
    return join === 'always' ? sizes.at(-1)! : worthwhileBatch(sizes, (rows) => this.estimate.of(rows))
  }

  /** Milliseconds until work that arrives now would start, by the measured pace. */
  get waitMs(): number {
    const now = performance.now()
    const largest = this.#options.sizes.at(-1)!
    const ahead =
      Math.ceil(this.#queuedRows / largest) * this.estimate.of(Math.min(this.#queuedRows, largest))
    const current = this.#running.at(-1)
    return ahead + (current ? Math.max(0, current.until - now) : 0)
  }

  /**
   * Refuses work that could not be done in time: call it as soon as the call is known to be genuine, before its body is read.
   * @throws AppError `overloaded`
   */
  admit(rows: number, deadline: number): void {
    const wait = this.waitMs
    const full = this.#queuedRows + rows > this.#options.maxQueueRows
    // What is idle takes anything; what is not will soon have a new measurement.
    const late = wait > 0 && (wait > this.#options.maxWaitMs || performance.now() + wait > deadline)
    if (!full && !late) return
    throw new AppError(
      'overloaded',
      `${this.#queuedRows} rows wait already; new work would wait ${Math.ceil(wait)} ms`,
    )
  }

  /**
   * @throws AppError `overloaded` when the queue is full, `deadline-exceeded` when the job could not start in time,
   *   `internal` when ONNX Runtime fails on this job, `upstream-unavailable` when the session has ended
   */
  submit(job: Job): Promise<JobResult> {
    if (this.#ended) return Promise.reject(unavailable())
    if (job.input.length !== job.rows * rowBytes(this.#session.image))
      return Promise.reject(new RangeError(`${job.input.length} bytes are not ${job.rows} rows`))
    try {
      this.admit(job.rows, job.deadline)
    } catch (error) {
      return Promise.reject(error)
    }
    return new Promise((resolve, reject) => {
      job.signal?.addEventListener('abort', () => this.#pump(), { once: true })
      this.#queue.push({ ...job, since: performance.now(), resolve, reject })
      this.#queuedRows += job.rows
      this.#pump()
    })
  }

  /**
   * Announces a call that may still submit: its body is on the way. @returns to be called once, when the call is over
   */
  enter(): () => void {
    this.#calls++
    return () => {
      this.#calls--
      this.#settleIdle()
    }
  }

  /** Resolves when no call is under way and nothing waits or runs any more. */
  async drain(): Promise<void> {
    if (this.#isIdle) return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  #pump(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#dropLost()
    const join = this.joinRows
    while (this.#queue.length > 0 && this.#running.length < this.#session.slots) {
      const full = this.#queuedRows >= join
      if (!full && this.#running.length > 0) return
      const waitMore = this.#queue[0]!.since + this.#options.delayMs - performance.now()
      if (!full && waitMore > 0) {
        this.#timer = setTimeout(() => this.#pump(), waitMore)
        return
      }
      this.#start(join)
    }
    this.#settleIdle()
  }

  #start(join: number): void {
    const { jobs, rows } = chooseBatch(
      this.#queue.map((entry) => entry.rows),
      this.#options.sizes,
      join,
    )
    const batch = this.#queue.splice(0, jobs)
    this.#queuedRows -= batch.reduce((n, entry) => n + entry.rows, 0)
    const now = performance.now()
    const begin = Math.max(now, this.#running.at(-1)?.until ?? 0)
    const running = { until: begin + this.estimate.of(rows) }
    this.#running.push(running)
    void this.#run(batch, rows, now).finally(() => {
      this.#running.splice(this.#running.indexOf(running), 1)
      this.#pump()
    })
  }

  async #run(batch: readonly Entry[], rows: number, started: number): Promise<void> {
    const outputs =
      batch.length === 1 ? batch[0]!.outputs : [...new Set(batch.flatMap((entry) => entry.outputs))]
    try {
      const inputs = batch.map((entry) => entry.input)
      const begun = performance.now()
      const result = await this.#session.run({ inputs, rows, outputs })
      // From end to end while one run follows another: the pace at which a queue really moves.
      const ended = performance.now()
      this.estimate.observe(rows, ended - Math.max(begun, this.#lastEnd))
      this.#lastEnd = ended
      let row = 0
      for (const entry of batch) {
        entry.resolve({
          outputs: batch.length === 1 ? result.outputs : ownOf(result.outputs, entry, row),
          queueMs: started - entry.since,
          runMs: result.runMs,
          batchRows: rows,
        })
        row += entry.rows
      }
      // Callers are not kept waiting for the bookkeeping.
      setImmediate(() => this.#options.onBatch?.(rows, result.runMs))
    } catch (cause) {
      if (this.#ended) for (const entry of batch) entry.reject(unavailable())
      else if (batch.length === 1)
        batch[0]!.reject(new AppError('internal', 'the model could not be run on this input', { cause }))
      // One bad job fails alone: the others of its batch are run by themselves.
      else
        for (const entry of batch)
          await this.#run([entry], this.#options.sizes.find((s) => s >= entry.rows)!, started)
    }
  }

  /** Takes out what nobody waits for any more, or could not be ready in time. */
  #dropLost(): void {
    const now = performance.now()
    let droppedEarly = false
    for (let i = this.#queue.length - 1; i >= 0; i--) {
      const entry = this.#queue[i]!
      const cancelled = entry.signal?.aborted === true
      const late = now + this.estimate.of(entry.rows) > entry.deadline
      if (!cancelled && !late) continue
      this.#queue.splice(i, 1)
      this.#queuedRows -= entry.rows
      this.#options.onDrop?.(cancelled ? 'cancelled' : 'deadline')
      droppedEarly ||= !cancelled && now < entry.deadline
      entry.reject(
        cancelled
          ? new DOMException('the caller has left', 'AbortError')
          : new AppError('deadline-exceeded', 'the work could not be done before its deadline'),
      )
    }
    // Nothing runs that would correct an estimate that is too long.
    if (droppedEarly && this.#running.length === 0) this.estimate.relax()
  }

  get #isIdle(): boolean {
    return this.#calls === 0 && this.#queue.length === 0 && this.#running.length === 0
  }

  #settleIdle(): void {
    if (!this.#isIdle) return
    for (const resolve of this.#idle.splice(0)) resolve()
  }
}

const unavailable = () => new AppError('upstream-unavailable', 'the model is being loaded again')

const ownOf = (all: readonly WireTensor[], { outputs, rows }: Entry, row: number): WireTensor[] =>
  all.filter(({ name }) => outputs.includes(name)).map((output) => rowsOf(output, row, rows))

function rowsOf(output: WireTensor, row: number, rows: number): WireTensor {
  const bytes = output.data.length / output.shape[0]!
  const data = output.data.subarray(row * bytes, (row + rows) * bytes)
  return { ...output, shape: [rows, ...output.shape.slice(1)], data }
}
