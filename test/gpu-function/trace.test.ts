import { traceOf } from '@detl/gpu-function/trace'
import { describe, expect, it } from 'vitest'

const id = '4bf92f3577b34da6a3ce929d0e0e4736'
const parent = '00f067aa0ba902b7'

describe('W3C Trace Context', () => {
  it('3.2: goes on in the trace of the caller, with a span of its own', () => {
    const trace = traceOf(`00-${id}-${parent}-01`)
    expect(trace).toMatchObject({ traceId: id, parentId: parent })
    expect(trace.traceparent).toBe(`00-${id}-${trace.spanId}-01`)
    expect(trace.spanId).toMatch(/^[0-9a-f]{16}$/)
    expect(trace.spanId).not.toBe(parent)
  })

  it('3.2.2.5: passes on the sampled flag alone', () => {
    expect(traceOf(`00-${id}-${parent}-fe`).traceparent).toMatch(/-00$/)
  })

  it('3.2.4: reads what it knows of a later version', () => {
    expect(traceOf(`cc-${id}-${parent}-01-what-comes`).traceId).toBe(id)
  })

  it.each([
    ['nothing', undefined],
    ['version ff', `ff-${id}-${parent}-01`],
    ['a zero trace', `00-${'0'.repeat(32)}-${parent}-01`],
    ['a zero parent', `00-${id}-${'0'.repeat(16)}-01`],
    ['upper case', `00-${id.toUpperCase()}-${parent}-01`],
    ['more than version 00 has', `00-${id}-${parent}-01-more`],
  ])('3.2.2: begins a new trace for %s', (_, header) => {
    const trace = traceOf(header)
    expect(trace.parentId).toBeUndefined()
    expect(trace.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
    expect(trace.traceId).not.toBe(id)
  })
})
