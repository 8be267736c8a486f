import { type Film, sitePoints } from '@detl/train/evaluate/site-points'
import { gaussian, rngOf } from '@detl/train/rng'
import { describe, expect, it } from 'vitest'

/** Scores of one class that know it with some noise; `shift` is what a site's films add to every score. */
function films(count: number, skill: number, shift: number): Film[] {
  const rng = rngOf('site', count, skill, shift)
  return Array.from({ length: count }, (_, i) => {
    const z = skill * (i % 2) + shift + gaussian(rng)
    const p = 1 / (1 + Math.exp(-z))
    return { group: `p${i}`, truths: [1 - (i % 2), i % 2], scores: [1 - p, p] }
  })
}

describe('sitePoints', () => {
  it('moves with the site: the threshold follows the scores that its films get', () => {
    const [low, high] = [-2, 1].map((shift) => sitePoints(films(400, 3, shift), ['no', 'yes']).yes!.balanced)
    expect(high!.threshold).toBeGreaterThan(low!.threshold + 0.3)
    for (const point of [low!, high!]) expect(point.sensitivity.value).toBeGreaterThan(0.8)
  })

  it('says nothing better than chance of a model that knows nothing, though thresholds fit its noise', () => {
    const { sensitivity, specificity } = sitePoints(films(60, 0, 0), ['no', 'yes']).yes!.balanced
    expect(sensitivity.value + specificity.value).toBeLessThan(1.2)
    expect([sensitivity.n, specificity.n]).toEqual([30, 30])
  })

  it('is no surer for ten films of each patient: the intervals are those of the patients', () => {
    const one = films(60, 1, 0)
    const ten = one.flatMap((film) => new Array<Film>(10).fill(film))
    const [alone, many] = [one, ten].map((of) => sitePoints(of, ['no', 'yes']).yes!.balanced)
    for (const rate of ['sensitivity', 'specificity'] as const) {
      expect(many![rate].n).toBe(10 * alone![rate].n)
      expect(many![rate].value).toBeCloseTo(alone![rate].value)
      const width = ({ low, high }: { low: number; high: number }) => high - low
      expect(width(many![rate]) / width(alone![rate])).toBeCloseTo(1, 1)
    }
  })

  it('leaves a class out of which there are films of too few patients', () => {
    const few = films(40, 3, 0).map((film, i) => ({ ...film, group: i % 2 ? `p${i % 9}` : film.group }))
    expect(sitePoints(few, ['no', 'yes'])).toEqual({})
  })
})
