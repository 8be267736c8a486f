import { DISCLAIMER } from '@detl/core/api/disclaimer'
import { PROBLEMS } from '@detl/core/api/problem'
import type { LocalProblem } from '@detl/web/engine/types'
import { de } from '@detl/web/text/de'
import { en } from '@detl/web/text/en'
import { percent } from '@detl/web/text/percent'
import { describe, expect, it } from 'vitest'

/** Every leaf of a text as path → value. */
function leaves(value: unknown, path = ''): Map<string, unknown> {
  if (typeof value !== 'object' || value === null) return new Map([[path, value]])
  return new Map(Object.entries(value).flatMap(([name, inner]) => [...leaves(inner, `${path}/${name}`)]))
}

describe('the words of the page', () => {
  it('are the same set in both languages', () => {
    expect([...leaves(de).keys()].sort()).toEqual([...leaves(en).keys()].sort())
  })

  it('are translated, but for names and abbreviations', () => {
    const english = leaves(en)
    const same = [...leaves(de)].filter(
      ([path, value]) => typeof value === 'string' && english.get(path) === value,
    )
    expect(same.map(([path]) => path).sort()).toEqual([
      '/exports/json',
      '/exports/png',
      '/labels/covid19/name',
      '/list/csv',
      '/result/patient',
    ])
  })

  it('say what the endpoint says of what the tool is not', () => {
    expect(en.disclaimer).toBe(DISCLAIMER)
  })

  it('explain problems that exist, the same in every language; the page shows any other in the words of the endpoint', () => {
    const local: string[] = [
      'offline',
      'answer-not-understood',
      'no-key',
      'device-failed',
      'model-damaged',
    ] satisfies LocalProblem[]
    const codes = Object.keys(en.problems)
    expect(Object.keys(de.problems).toSorted()).toEqual(codes.toSorted())
    expect(Object.keys(PROBLEMS)).toEqual(
      expect.arrayContaining(codes.filter((code) => !local.includes(code))),
    )
  })
})

describe('percent', () => {
  it.each([
    [0, '0 %'],
    [0.004, '< 1 %'],
    [0.0734, '7 %'],
    [0.995, '> 99 %'],
    [1, '100 %'],
  ])('%d reads %s: nothing small reads as impossible, nothing large as certain', (share, words) => {
    expect(percent(share).replaceAll('\u00a0', ' ')).toBe(words)
  })
})
