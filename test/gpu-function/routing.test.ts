import { chooseVersion } from '@detl/gpu-function/routing'
import { describe, expect, it } from 'vitest'

const ids = Array.from({ length: 10_000 }, (_, i) => `request-${i}`)

describe('the version that answers', () => {
  it('is the highest, numbers compared as numbers', () => {
    expect(chooseVersion(['1.9.0', '1.10.0', '1.2.0'], {}, { id: '' })).toBe('1.10.0')
  })

  it('is the default of routing.json if that is loaded', () => {
    expect(chooseVersion(['1', '2'], { default: '1' }, { id: '' })).toBe('1')
    expect(chooseVersion(['2', '3'], { default: '1' }, { id: '' })).toBe('3')
  })

  it('is the one in the address, whatever else is asked', () => {
    const wanted = { version: '1', header: '2', id: '' }
    expect(chooseVersion(['1', '2'], { canary: { version: '2', weight: 1 } }, wanted)).toBe('1')
  })

  it('is the one in the header, or the canary by that word', () => {
    const routing = { canary: { version: '2', weight: 0 } }
    expect(chooseVersion(['1', '2'], routing, { header: 'canary', id: '' })).toBe('2')
    expect(chooseVersion(['1', '2'], routing, { header: '1', id: '' })).toBe('1')
  })

  it('is the canary for its share of ids, and the same for one id each time', () => {
    const routing = { canary: { version: '2', weight: 0.1 } }
    const choose = (id: string) => chooseVersion(['1', '2'], routing, { id })
    const canaries = ids.filter((id) => choose(id) === '2')
    // Binomial, n = 10,000, p = 0.1: sd 0.003; five of them.
    expect(Math.abs(canaries.length / ids.length - 0.1)).toBeLessThan(0.015)
    expect(canaries.map(choose)).toEqual(canaries.map(() => '2'))
  })

  it('is no canary that is not loaded, and no canary as the default for being newest', () => {
    expect(chooseVersion(['1'], { canary: { version: '2', weight: 1 } }, { id: 'a' })).toBe('1')
    expect(chooseVersion(['1', '2'], { canary: { version: '2', weight: 0 } }, { id: 'a' })).toBe('1')
  })

  it('is refused when it is not loaded', () => {
    expect(() => chooseVersion(['1'], {}, { version: '../2', id: '' })).toThrow(
      expect.objectContaining({ code: 'not-found' }),
    )
  })
})
