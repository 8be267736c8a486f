import { AppError, type ProblemCode } from '@detl/core/api/problem'
import { circuit } from '@detl/edge/fallback/circuit'
import { withFallback } from '@detl/edge/fallback/policy'
import type { Infer } from '@detl/edge/upstream'
import { describe, expect, it } from 'vitest'

const PATIENCE_MS = 30
const tensor = new Uint8Array(4)

/** An inference server of which the test says what it does next. */
function server(servedBy: 'gpu' | 'edge') {
  const state = { calls: 0, delayMs: 0, fails: undefined as ProblemCode | undefined, aborted: 0 }
  const infer: Infer = async (_, { signal }) => {
    state.calls++
    if (state.delayMs > 0) {
      await new Promise((resolve, reject) => {
        setTimeout(resolve, state.delayMs)
        signal.addEventListener('abort', () => {
          state.aborted++
          reject(signal.reason)
        })
      })
    }
    if (state.fails) throw new AppError(state.fails, `${servedBy} fails`)
    return { probabilities: new Float32Array(4), cam: new Float32Array(4), servedBy }
  }
  return { state, infer }
}

function setUp({
  fallback = 'edge',
  gpuless = false,
}: {
  fallback?: 'edge' | 'fail'
  gpuless?: boolean
} = {}) {
  const [gpu, edge] = [server('gpu'), server('edge')]
  const clock = { ms: 0 }
  const circuitOf = () => circuit({ failures: 3, firstWaitMs: 500, longestWaitMs: 5000, now: () => clock.ms })
  const infer = withFallback({
    gpu: gpuless ? undefined : gpu.infer,
    edge: edge.infer,
    circuit: circuitOf(),
    patientCircuit: circuitOf(),
    fallback,
    patienceMs: PATIENCE_MS,
  })
  const ask = async (choice?: 'edge' | 'fail', signal = new AbortController().signal) =>
    (await infer(tensor, { requestId: '1', mode: 'live', signal, fallback: choice })).servedBy
  return { gpu: gpu.state, edge: edge.state, clock, ask }
}

describe('which of GPU and edge answers', () => {
  it('is the GPU while it works, and the edge does nothing', async () => {
    const { edge, ask } = setUp()
    expect(await ask()).toBe('gpu')
    expect(edge.calls).toBe(0)
  })

  it.each(['upstream-unavailable', 'upstream-timeout', 'upstream-invalid'] as const)(
    'is the edge when the GPU fails with %s, in the same request',
    async (code) => {
      const { gpu, ask } = setUp()
      gpu.fails = code
      expect(await ask()).toBe('edge')
    },
  )

  it('is the edge when the GPU is slow, and the GPU is told to stop', async () => {
    const { gpu, ask } = setUp()
    gpu.delayMs = 10_000
    expect(await ask()).toBe('edge')
    expect(gpu.aborted).toBe(1)
  })

  it('is a slow GPU that is still faster than the edge', async () => {
    const { gpu, edge, ask } = setUp()
    gpu.delayMs = PATIENCE_MS + 20
    edge.delayMs = 10_000
    expect(await ask()).toBe('gpu')
  })

  it('is the edge without asking, once the GPU failed three times', async () => {
    const { gpu, ask } = setUp()
    gpu.fails = 'upstream-unavailable'
    for (let i = 0; i < 10; i++) expect(await ask()).toBe('edge')
    expect(gpu.calls).toBe(3)
  })

  it('is the GPU again, by itself, soon after it is back', async () => {
    const { gpu, clock, ask } = setUp()
    gpu.fails = 'upstream-unavailable'
    for (; clock.ms < 60_000; clock.ms += 100) expect(await ask()).toBe('edge')
    gpu.fails = undefined
    const back = clock.ms
    while ((await ask()) === 'edge') clock.ms += 100
    expect(clock.ms - back).toBeLessThanOrEqual(5000)
    expect([await ask(), await ask()]).toEqual(['gpu', 'gpu'])
  })

  it('is the edge where there is no GPU at all', async () => {
    const { ask } = setUp({ gpuless: true })
    expect(await ask()).toBe('edge')
  })

  it('is nobody for an account that wants no answer from the edge', async () => {
    const { gpu, edge, ask } = setUp()
    gpu.fails = 'upstream-unavailable'
    await expect(ask('fail')).rejects.toMatchObject({ code: 'upstream-unavailable', detail: 'gpu fails' })
    expect(edge.calls).toBe(0)
    await expect(setUp({ gpuless: true }).ask('fail')).rejects.toMatchObject({ code: 'upstream-unavailable' })
  })

  it('leaves a GPU that is down alone for that account too, and finds out when it is back', async () => {
    const { gpu, clock, ask } = setUp()
    gpu.fails = 'upstream-timeout'
    for (let i = 0; i < 10; i++) await expect(ask('fail')).rejects.toMatchObject({ name: 'AppError' })
    expect(gpu.calls).toBe(3)
    gpu.fails = undefined
    clock.ms += 5000
    expect([await ask('fail'), await ask('fail')]).toEqual(['gpu', 'gpu'])
  })

  it('waits for a slow GPU with that account, whatever others think of it', async () => {
    const { gpu, ask } = setUp()
    gpu.delayMs = PATIENCE_MS + 20
    for (let i = 0; i < 4; i++) await ask('edge')
    expect(await ask('fail')).toBe('gpu')
  })

  it('follows the account where it differs from the service', async () => {
    const { gpu, ask } = setUp({ fallback: 'fail' })
    gpu.fails = 'upstream-unavailable'
    await expect(ask()).rejects.toMatchObject({ code: 'upstream-unavailable' })
    expect(await ask('edge')).toBe('edge')
  })

  it.each([0, PATIENCE_MS + 20])(
    'tells the GPU’s error when the edge fails too (GPU after %d ms)',
    async (delayMs) => {
      const { gpu, edge, ask } = setUp()
      Object.assign(gpu, { fails: 'upstream-timeout', delayMs })
      edge.fails = 'upstream-unavailable'
      await expect(ask()).rejects.toMatchObject({ code: 'upstream-timeout' })
    },
  )

  it('does not begin at the edge for a caller that is gone, nor hold that against the GPU', async () => {
    const { gpu, edge, ask } = setUp()
    gpu.delayMs = 10_000
    for (let i = 0; i < 5; i++) {
      const caller = new AbortController()
      const answer = ask('edge', caller.signal)
      caller.abort(new Error('gone'))
      await expect(answer).rejects.toThrow('gone')
    }
    expect(edge.calls).toBe(0)
    gpu.delayMs = 0
    expect(await ask()).toBe('gpu')
  })
})
