import { ln } from '@detl/core/base/ln'
import { describe, expect, it } from 'vitest'

describe('ln', () => {
  it('is the natural logarithm, over all the range of a gate’s measures', () => {
    for (let power = -40; power <= 40; power++) {
      for (let step = 0; step < 50; step++) {
        const x = 2 ** power * (1 + step / 50)
        expect(Math.abs(ln(x) - Math.log(x))).toBeLessThanOrEqual(1e-15 * Math.max(1, Math.abs(Math.log(x))))
      }
    }
    expect(ln(1)).toBe(0)
  })
})
