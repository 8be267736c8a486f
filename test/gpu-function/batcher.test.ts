import { Batcher, type BatcherOptions, type Job } from '@detl/gpu-function/batcher'
import type { Batch, BatchResult, Session } from '@detl/gpu-function/session-messages'
import { afterEach, describe, expect, it, vi } from 'vitest'

/** Rows of one byte; output `twice` is each byte doubled, `thrice` tripled. A batch with a 13 in it fails. Runs end when told. */
class FakeSession implements Session {
  readonly provider = 'cpu'
  readonly refused = []
  readonly runtime = 'fake'
  readonly image = { name: 'image', datatype: 'UINT8' as const, shape: [-1, 1] }
  readonly outputs = ['twice', 'thrice'].map((name) => ({ name, datatype: 'UINT8' as const, shape: [-1, 1] }))
  readonly createMs = 0
  readonly adapter = { vendor: '', device: 'none', driver: '', software: true }
  readonly over = false
  check = () => Promise.resolve()
  readonly slots = 2
  readonly ran: { bytes: number[]; rows: number; outputs: readonly string[] }[] = []
  end: () => void = () => undefined
  readonly ended = new Promise<void>((resolve) => {
    this.end = resolve
  })
  #gates: (() => void)[] = []
  #held = false

  hold(): void {
    this.#held = true
  }

  /** Lets what runs end, and what comes after run freely. */
  release(): void {
    this.#held = false
    for (const open of this.#gates.splice(0)) open()
  }

  async run({ inputs, rows, outputs }: Batch): Promise<BatchResult> {
    const bytes = inputs.flatMap((input) => [...input])
    this.ran.push({ bytes, rows, outputs })
    if (this.#held) await new Promise<void>((open) => this.#gates.push(open))
    if (bytes.includes(13)) throw new Error('poisoned')
    const times = (factor: number) => Uint8Array.from(bytes, (byte) => byte * factor)
    return {
      runMs: 1,
      outputs: this.outputs
        .filter(({ name }) => outputs.includes(name))
        .map((info) => ({ ...info, shape: [bytes.length, 1], data: times(info.name === 'twice' ? 2 : 3) })),
    }
  }

  async close(): Promise<void> {
    this.end()
  }
}

afterEach(() => {
  vi.useRealTimers()
})

const OPTIONS: BatcherOptions = {
  sizes: [1, 2, 4],
  join: 'always',
  delayMs: 0,
  maxQueueRows: 8,
  maxWaitMs: 10_000,
}
function setUp(options: Partial<BatcherOptions> = {}) {
  const session = new FakeSession()
  const dropped: string[] = []
  const batcher = new Batcher(session, { ...OPTIONS, onDrop: (reason) => dropped.push(reason), ...options })
  const submit = (bytes: number[], job: Partial<Job> = {}) =>
    batcher
      .submit({
        input: Uint8Array.from(bytes),
        rows: bytes.length,
        outputs: ['twice'],
        deadline: Number.POSITIVE_INFINITY,
        ...job,
      })
      .then(
        ({ outputs }) => outputs.map(({ name, data }) => [name, ...data]),
        (error) => (error instanceof DOMException ? error.name : error.code),
      )
  return { session, batcher, submit, dropped }
}

describe('the batcher', () => {
  it('runs what has gathered as one batch and gives each caller its own rows and outputs, in order', async () => {
    const { session, submit } = setUp()
    session.hold()
    const first = submit([1])
    const others = [submit([2]), submit([3, 4], { outputs: ['thrice'] }), submit([5])]
    session.release()
    expect(await first).toEqual([['twice', 2]])
    expect(await Promise.all(others)).toEqual([[['twice', 4]], [['thrice', 9, 12]], [['twice', 10]]])
    expect(session.ran.map(({ bytes }) => bytes)).toEqual([[1], [2, 3, 4, 5]])
    expect(session.ran[1]?.outputs).toEqual(['twice', 'thrice'])
  })

  it('asks for no output that nobody wants', async () => {
    const { session, submit } = setUp()
    await submit([1])
    expect(session.ran[0]?.outputs).toEqual(['twice'])
  })

  it('hands over a full batch while another runs, and lets a smaller one grow', async () => {
    const { session, submit } = setUp()
    session.hold()
    const all = [submit([1]), submit([2]), submit([3])]
    expect(session.ran).toHaveLength(1)
    all.push(submit([4]), submit([5]))
    expect(session.ran.map(({ bytes }) => bytes)).toEqual([[1], [2, 3, 4, 5]])
    session.release()
    await Promise.all(all)
  })

  it('waits for company for its delay, and not once the batch is full', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const { session, submit } = setUp({ delayMs: 200 })
    await Promise.all([submit([1]), submit([2]), submit([3]), submit([4])]) // no timer has moved
    const alone = submit([5])
    vi.advanceTimersByTime(199)
    expect(session.ran.map(({ rows }) => rows)).toEqual([4])
    vi.advanceTimersByTime(1)
    await alone
    expect(session.ran.map(({ rows }) => rows)).toEqual([4, 1])
  })

  it('lets a poisoned job fail alone', async () => {
    const { session, submit } = setUp()
    session.hold()
    const first = submit([1])
    const others = [submit([2]), submit([13]), submit([3]), submit([4])]
    session.release()
    await first
    expect(await Promise.all(others)).toEqual([[['twice', 4]], 'internal', [['twice', 6]], [['twice', 8]]])
  })

  it('drops work that is too late before it is run', async () => {
    const { session, batcher, submit, dropped } = setUp()
    batcher.estimate.observe(1, 5)
    session.hold()
    const first = submit([1])
    const late = submit([2], { deadline: performance.now() + 30 })
    const patient = submit([3])
    await new Promise((resolve) => setTimeout(resolve, 40))
    session.release()
    expect(await Promise.all([first, late, patient])).toEqual([
      [['twice', 2]],
      'deadline-exceeded',
      [['twice', 6]],
    ])
    expect(session.ran.flatMap(({ bytes }) => bytes)).toEqual([1, 3])
    expect(dropped).toEqual(['deadline'])
  })

  it('drops the work of a caller who has left, and makes room at once', async () => {
    const { session, batcher, submit, dropped } = setUp()
    session.hold()
    const first = submit([1])
    const leaving = new AbortController()
    const left = submit([2], { signal: leaving.signal })
    expect(batcher.queuedRows).toBe(1)
    leaving.abort()
    expect(batcher.queuedRows).toBe(0)
    session.release()
    await first
    expect(await left).toBe('AbortError')
    expect(session.ran.flatMap(({ bytes }) => bytes)).toEqual([1])
    expect(dropped).toEqual(['cancelled'])
  })

  it('refuses what exceeds its queue, at once', async () => {
    const { session, submit } = setUp({ sizes: [1], maxQueueRows: 2 })
    session.hold()
    const accepted = [submit([1]), submit([2]), submit([3]), submit([4])]
    expect(await submit([5])).toBe('overloaded')
    session.release()
    expect(await Promise.all(accepted)).toHaveLength(4)
  })

  it('refuses what would wait longer than its limit or its deadline, by the measured pace', async () => {
    const { session, batcher, submit } = setUp({ maxWaitMs: 1_000 })
    batcher.estimate.observe(1, 600)
    session.hold()
    const first = submit([1])
    const second = submit([2])
    expect(batcher.waitMs).toBeGreaterThan(1_000)
    expect(await submit([3])).toBe('overloaded')
    expect(await submit([4], { deadline: performance.now() + 100 })).toBe('overloaded')
    session.release()
    expect(await Promise.all([first, second])).toEqual([[['twice', 2]], [['twice', 4]]])
  })

  it('takes work again after one run that was far too slow', async () => {
    const { session, batcher, submit } = setUp({ maxWaitMs: 1_000 })
    batcher.estimate.observe(1, 60_000)
    const deadline = () => performance.now() + 500
    let outcome: unknown
    for (let tries = 0; tries < 100 && !Array.isArray(outcome); tries++)
      outcome = await submit([1], { deadline: deadline() })
    expect(outcome).toEqual([['twice', 2]])
    expect(session.ran).toHaveLength(1)
  })

  it('refuses everything when its session has ended', async () => {
    const { session, submit } = setUp({ delayMs: 50 })
    const waiting = submit([1])
    session.end()
    expect(await waiting).toBe('upstream-unavailable')
    expect(await submit([2])).toBe('upstream-unavailable')
  })

  it('is drained when all it had is done', async () => {
    const { session, batcher, submit } = setUp()
    await batcher.drain()
    session.hold()
    const done: string[] = []
    const work = [submit([1]), submit([2])].map((job) => job.then(() => done.push('job')))
    const drained = batcher.drain().then(() => done.push('drained'))
    session.release()
    await Promise.all([...work, drained])
    expect(done).toEqual(['job', 'job', 'drained'])
  })
})
