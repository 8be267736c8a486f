import { circuit } from '@detl/edge/fallback/circuit'
import { describe, expect, it } from 'vitest'

const opened = () => {
  const clock = { ms: 1_000_000 }
  const tested = circuit({ failures: 3, firstWaitMs: 500, longestWaitMs: 4000, now: () => clock.ms })
  for (let i = 0; i < 3; i++) tested.failed()
  return { clock, tested }
}

describe('the circuit', () => {
  it('lets everything through until three failures in a row', () => {
    const tested = circuit({ failures: 3, firstWaitMs: 500, longestWaitMs: 4000, now: () => 0 })
    tested.failed()
    tested.failed()
    tested.succeeded()
    tested.failed()
    tested.failed()
    expect(tested.mayCall()).toBe(true)
    tested.failed()
    expect(tested.mayCall()).toBe(false)
  })

  it('lets one call at a time through when the wait is over', () => {
    const { clock, tested } = opened()
    clock.ms += 499
    expect(tested.mayCall()).toBe(false)
    clock.ms += 1
    expect([tested.mayCall(), tested.mayCall(), tested.mayCall()]).toEqual([true, false, false])
  })

  it('closes at the first success', () => {
    const { clock, tested } = opened()
    clock.ms += 500
    expect(tested.mayCall()).toBe(true)
    tested.succeeded()
    expect([tested.mayCall(), tested.mayCall()]).toEqual([true, true])
  })

  it('waits longer after each failed probe, up to the longest wait, and starts over after a success', () => {
    const { clock, tested } = opened()
    const waits: number[] = []
    for (let probe = 0; probe < 5; probe++) {
      const from = clock.ms
      while (!tested.mayCall()) clock.ms += 100
      waits.push(clock.ms - from)
      tested.failed()
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 4000])
    while (!tested.mayCall()) clock.ms += 100
    tested.succeeded()
    for (let i = 0; i < 3; i++) tested.failed()
    clock.ms += 500
    expect(tested.mayCall()).toBe(true)
  })

  it('probes again although a probe never reported', () => {
    const { clock, tested } = opened()
    clock.ms += 500
    expect(tested.mayCall()).toBe(true)
    clock.ms += 500
    expect(tested.mayCall()).toBe(true)
  })
})
