import { siteTemperature } from '@detl/train/evaluate/site-temperature'
import { gaussian, rngOf } from '@detl/train/rng'
import { softmaxRows } from '@detl/train/softmax'
import { describe, expect, it } from 'vitest'

const classes = ['normal', 'tb', 'other'].map((id) => ({ id, finding: id !== 'normal', name: { en: id } }))

/** Films whose classes are drawn by softmax(z), two a patient, to a model whose logits are `certainty` times z. */
function films(n: number, certainty: number, labelling: 'single' | 'multi') {
  const rng = rngOf('films', n, certainty)
  return Array.from({ length: n }, (_, i) => {
    const z = classes.map(() => 1.5 * gaussian(rng))
    const p = softmaxRows(Float32Array.from(z), 3)
    let [left, drawn] = [rng(), 0]
    while (drawn < 2 && left > p[drawn]!) left -= p[drawn++]!
    const truths =
      labelling === 'single'
        ? classes.map((_, c) => Number(c === drawn))
        : z.map((one) => Number(rng() < 1 / (1 + Math.exp(-one))))
    return { group: `patient-${i >> 1}`, truths, logits: z.map((one) => certainty * one) }
  })
}

describe.each(['single', 'multi'] as const)('a temperature for a site, %s label', (labelling) => {
  const list = { labelling, classes }

  it('is found where the model is twice as sure as it may be, and lessens the calibration error of left-out films', () => {
    const { temperature, error, better } = siteTemperature(films(400, 2, labelling), list, 1)
    expect(temperature.low).toBeLessThan(2)
    expect(temperature.high).toBeGreaterThan(2)
    expect(temperature.low).toBeGreaterThan(1)
    expect(better).toBe(true)
    expect(error.after.value).toBeLessThan(error.before.low)
    expect(error.before.n).toBe(labelling === 'single' ? 400 : 1200)
  })

  it('is no better where the model’s own is right', () => {
    const { temperature, error } = siteTemperature(films(400, 1, labelling), list, 1)
    expect(temperature.low).toBeLessThan(1)
    expect(temperature.high).toBeGreaterThan(1)
    expect(error.after.value).toBeLessThan(error.before.high)
  })
})
