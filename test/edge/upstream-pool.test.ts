import { AppError } from '@detl/core/api/problem'
import { circuit } from '@detl/edge/fallback/circuit'
import type { Infer, Inference } from '@detl/edge/upstream'
import { upstreamPool } from '@detl/edge/upstream-pool'
import { describe, expect, it } from 'vitest'

type Behaviour = 'answers' | 'fails' | 'hangs' | 'refuses'
const down = () => new AppError('upstream-unavailable', 'down')

/** A GPU function that does as it is told; its answer bears its number. */
function gpu(number: number, weight = 1) {
  const state = { behaviour: 'answers' as Behaviour, calls: 0, dropped: 0 }
  const infer: Infer = (_, { signal }) => {
    state.calls++
    if (state.behaviour === 'fails') return Promise.reject(down())
    if (state.behaviour === 'refuses') return Promise.reject(new AppError('request-invalid', 'no'))
    if (state.behaviour === 'answers')
      return Promise.resolve({
        probabilities: Float32Array.of(number),
        cam: new Float32Array(),
        servedBy: 'gpu',
      })
    return new Promise<Inference>((_resolve, reject) =>
      signal.addEventListener('abort', () => {
        state.dropped++
        reject(signal.reason)
      }),
    )
  }
  const breaker = circuit({ failures: 3, firstWaitMs: 1e6, longestWaitMs: 1e6, now: () => 0 })
  return Object.assign(state, { target: { infer, weight, circuit: breaker } })
}

const pool = (gpus: ReturnType<typeof gpu>[], random: () => number = () => 0) => {
  const infer = upstreamPool(
    gpus.map(({ target }) => target),
    { hedgeAfterMs: 20, random },
  )
  return () =>
    infer(new Uint8Array(1), { requestId: 'r', mode: 'live', signal: new AbortController().signal }).then(
      ({ probabilities }) => probabilities[0],
      (error) => error.code as string,
    )
}

describe('several GPU functions', () => {
  it('share the calls by weight', async () => {
    const [one, two] = [gpu(1, 3), gpu(2, 1)]
    let n = 0
    const call = pool([one, two], () => (n++ % 100) / 100)
    const answers: unknown[] = []
    for (let i = 0; i < 100; i++) answers.push(await call())
    expect(answers.filter((answer) => answer === 1)).toHaveLength(75)
  })

  it('stand in for one that fails, with one attempt', async () => {
    const [one, two] = [gpu(1), gpu(2)]
    one.behaviour = 'fails'
    expect(await pool([one, two])()).toBe(2)
    expect([one.calls, two.calls]).toEqual([1, 1])
  })

  it('stand in for one that hangs, which is then dropped', async () => {
    const [one, two] = [gpu(1), gpu(2)]
    one.behaviour = 'hangs'
    expect(await pool([one, two])()).toBe(2)
    expect(one.dropped).toBe(1)
  })

  it('are not asked twice where one answers in time', async () => {
    const [one, two] = [gpu(1), gpu(2)]
    expect(await pool([one, two])()).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(two.calls).toBe(0)
  })

  it('are not tried with what is the call’s own fault', async () => {
    const [one, two] = [gpu(1), gpu(2)]
    one.behaviour = 'refuses'
    expect(await pool([one, two])()).toBe('request-invalid')
    expect(two.calls).toBe(0)
  })

  it('that are down are left alone after three failures, until there is none left', async () => {
    const [one, two] = [gpu(1), gpu(2)]
    one.behaviour = 'fails'
    const call = pool([one, two])
    for (let i = 0; i < 5; i++) expect(await call()).toBe(2)
    expect(one.calls).toBe(3)
    two.behaviour = 'fails'
    for (let i = 0; i < 5; i++) expect(await call()).toBe('upstream-unavailable')
    expect(two.calls).toBe(5 + 3)
  })

  it('keep the attempt that finds out whether one is back for a call that makes it', async () => {
    const [up, down] = [gpu(1), gpu(2)]
    const asked = { times: 0 }
    down.target = {
      ...down.target,
      circuit: {
        ...down.target.circuit,
        mayCall: () => {
          asked.times++
          return true
        },
      },
    }
    expect(await pool([up, down])()).toBe(1)
    expect(asked.times).toBe(0)
  })
})
