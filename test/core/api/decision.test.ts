import { tell } from '@detl/core/answers/decision-text'
import type { Settings } from '@detl/core/api/account'
import { decide } from '@detl/core/api/decision'
import type { Label } from '@detl/core/model/labels'
import type { Manifest } from '@detl/core/model/manifest'
import { describe, expect, it } from 'vitest'
import { OPERATING_POINTS, SELECTIVE, testManifest } from '../../support/manifest.ts'

const probabilities = { normal: 0.05, other_disease: 0.1, pneumonia: 0.35, covid19: 0.5 }
const scores = { probabilities, outOfDistribution: false }
const manifest = testManifest({ operatingPoints: OPERATING_POINTS })

/** Points with a threshold of its own for each class. */
const pointsAt = (thresholds: Record<Label, number>): NonNullable<Manifest['operatingPoints']> =>
  Object.fromEntries(
    Object.entries(thresholds).map(([label, threshold]) => {
      const point = { ...OPERATING_POINTS.covid19.balanced, threshold }
      return [label, { screening: point, balanced: point }]
    }),
  ) as NonNullable<Manifest['operatingPoints']>

const balanced: Settings = { operatingPoint: 'balanced', prevalence: {} }

/** The decision and its headline, of a model whose thresholds differ by class. */
function decided(
  values: Record<Label, number>,
  {
    settings = balanced,
    outOfDistribution = false,
    thresholds = THRESHOLDS,
    language = 'en' as 'en' | 'de',
    selective = undefined as Manifest['selective'],
  } = {},
) {
  const model = testManifest({
    operatingPoints: thresholds && pointsAt(thresholds),
    ...(selective && { selective }),
  })
  const decision = decide(model, settings, { probabilities: values, outOfDistribution })
  const { headline } = tell(decision, model, values, language)
  return { ...decision, headline }
}
const THRESHOLDS: Record<Label, number> | null = {
  normal: 0.3,
  other_disease: 0.4,
  pneumonia: 0.3,
  covid19: 0.1,
}

describe('a decision', () => {
  it('names the finding that is above its threshold, though another score is higher', () => {
    const film = { normal: 0.18, other_disease: 0.38, pneumonia: 0.1, covid19: 0.34 }
    expect(decided(film)).toMatchObject({
      outcome: 'above-threshold',
      above: ['covid19'],
      leading: 'covid19',
      headline: 'Above threshold: COVID-19 34 % (threshold 10 %)',
    })
    expect(decided(film, { language: 'de' }).headline).toBe(
      'Über der Schwelle: COVID-19 34 % (Schwelle 10 %)',
    )
  })

  it('names that finding first which is furthest above its own threshold, by odds', () => {
    const { above, leading } = decided({ normal: 0.05, other_disease: 0.02, pneumonia: 0.61, covid19: 0.32 })
    // 0.61/0.39 over 0.3/0.7 is 3.6; 0.32/0.68 over 0.1/0.9 is 4.2
    expect([above, leading]).toEqual([['covid19', 'pneumonia'], 'covid19'])
  })

  it('says where the class of no finding contradicts a finding, and never counts it as one', () => {
    const film = { normal: 0.6, other_disease: 0.2, pneumonia: 0.08, covid19: 0.12 }
    expect(decided(film)).toMatchObject({
      above: ['covid19'],
      headline:
        'Above threshold: COVID-19 12 % (threshold 10 %); so is normal 60 % (threshold 30 %), which contradicts it',
    })
  })

  it('tells no finding from being undecided', () => {
    expect(decided({ normal: 0.8, other_disease: 0.1, pneumonia: 0.05, covid19: 0.05 })).toMatchObject({
      outcome: 'below-thresholds',
      abstained: false,
      above: [],
      leading: 'normal',
      headline: 'No finding above its threshold',
    })
    expect(decided({ normal: 0.28, other_disease: 0.38, pneumonia: 0.25, covid19: 0.09 })).toMatchObject({
      outcome: 'undecided',
      abstained: false,
      above: [],
      leading: 'other_disease',
      headline: 'Undecided: no class reaches its threshold; highest: other disease 38 % (threshold 40 %)',
    })
  })

  it('abstains outside what the model knows, and hides no finding that is above its threshold', () => {
    const film = { normal: 0.18, other_disease: 0.38, pneumonia: 0.1, covid19: 0.34 }
    expect(decided(film, { outOfDistribution: true })).toMatchObject({
      outcome: 'out-of-distribution',
      abstained: true,
      above: ['covid19'],
      leading: 'covid19',
      headline:
        'No decision: the image is outside what the model knows; above threshold all the same: COVID-19 34 % (threshold 10 %)',
    })
  })

  it('abstains where it is not sure enough, if the account asked for that', () => {
    const unsure = { normal: 0.59, other_disease: 0.36, pneumonia: 0.05, covid19: 0 }
    const asked = { settings: { ...balanced, selective: true }, selective: SELECTIVE }
    expect(decided(unsure, asked)).toMatchObject({
      outcome: 'unsure',
      abstained: true,
      above: [],
      leading: 'normal',
      selective: { confidence: 0.59, threshold: 0.6, balancedAccuracy: { value: 0.7, n: 328 } },
      headline:
        'No decision: the model is not sure enough; highest score: normal 59 %, and it decides from 60 % on',
    })
    expect(decided({ ...unsure, normal: 0.6, pneumonia: 0.04 }, asked).outcome).toBe('below-thresholds')
    expect(decided(unsure, { ...asked, settings: balanced })).toMatchObject({ outcome: 'below-thresholds' })
    expect(decided(unsure, { ...asked, settings: balanced })).not.toHaveProperty('selective')
    // The image is outside what the model knows: that is said first, however sure it is.
    expect(decided(unsure, { ...asked, outOfDistribution: true }).outcome).toBe('out-of-distribution')
  })

  it('hides no finding that is above its threshold where it is not sure enough', () => {
    const film = { normal: 0.18, other_disease: 0.38, pneumonia: 0.1, covid19: 0.34 }
    const asked = { settings: { ...balanced, selective: true }, selective: SELECTIVE }
    expect(decided(film, { ...asked, language: 'de' })).toMatchObject({
      outcome: 'unsure',
      above: ['covid19'],
      leading: 'covid19',
      headline:
        'Keine Entscheidung: Das Modell ist nicht sicher genug; höchster Wert: andere Erkrankung 38 %, entschieden wird ab 60 %; dennoch über der Schwelle: COVID-19 34 % (Schwelle 10 %)',
    })
  })

  it('tells scores apart from a threshold that they just miss', () => {
    const asked = { settings: { ...balanced, selective: true }, selective: SELECTIVE }
    expect(
      decided({ normal: 0.59996, other_disease: 0.3, pneumonia: 0.05, covid19: 0.05004 }, asked).headline,
    ).toContain('normal 59.996 %, and it decides from 60 % on')
  })

  it('abstains where nobody chose a threshold', () => {
    expect(decided(probabilities, { thresholds: null })).toMatchObject({
      outcome: 'no-thresholds',
      abstained: true,
      operatingPoint: null,
      above: [],
      leading: 'covid19',
      classes: [],
      headline: 'No decision: there are no thresholds; highest score: COVID-19 50 %',
    })
  })

  it('holds each score against the chosen point of the model, a score at the threshold being positive', () => {
    const at = (operatingPoint: 'screening' | 'balanced') =>
      decide(manifest, { operatingPoint, prevalence: {} }, scores).classes.map(({ positive }) => positive)
    expect(at('screening')).toEqual([false, true, true, true])
    expect(at('balanced')).toEqual([false, false, false, true])
  })

  it('states predictive values at the stated prevalence only', () => {
    const decision = decide(manifest, { operatingPoint: 'balanced', prevalence: { covid19: 0.1 } }, scores)
    const covid = decision.classes.find((c) => c.class === 'covid19')
    // 0.8 × 0.1 = 0.08 true and 0.1 × 0.9 = 0.09 false positives; 0.9 × 0.9 = 0.81 true and 0.2 × 0.1 = 0.02 false negatives
    expect(covid?.ppv).toBeCloseTo(0.08 / 0.17, 12)
    expect(covid?.npv).toBeCloseTo(0.81 / 0.83, 12)
    expect(decision.classes[0]).not.toHaveProperty('ppv')
  })

  it('at a prevalence of zero has no false negatives and no share of nothing', () => {
    const perfect = {
      ...OPERATING_POINTS.covid19.balanced,
      specificity: { value: 1, low: 1, high: 1, n: 10 },
    }
    const points = { ...OPERATING_POINTS, covid19: { screening: perfect, balanced: perfect } }
    const settings = { operatingPoint: 'balanced', prevalence: { covid19: 0 } } as const
    const covid = decide(testManifest({ operatingPoints: points }), settings, scores).classes[3]
    expect(covid).toMatchObject({ npv: 1 })
    expect(covid).not.toHaveProperty('ppv')
  })

  it('by thresholds of its own claims no sensitivity that nobody measured, and speaks of no other class', () => {
    const settings: Settings = {
      operatingPoint: { thresholds: { covid19: 0.6 } },
      prevalence: { covid19: 0.1 },
    }
    expect(decided(probabilities, { settings })).toMatchObject({
      outcome: 'below-thresholds',
      operatingPoint: 'custom',
      classes: [{ class: 'covid19', score: 0.5, threshold: 0.6, positive: false }],
      headline: 'Not above threshold: COVID-19 50 % (threshold 60 %)',
    })
  })
})

describe('what a threshold is worth in a source that training had not seen', () => {
  const { balanced: known } = OPERATING_POINTS.covid19!
  const unseen = [
    {
      source: 'Clinic B',
      sensitivity: { value: 0.75, low: 0.71, high: 0.79, n: 400 },
      specificity: { value: 0.8, low: 0.77, high: 0.82, n: 800 },
    },
    { source: 'Clinic C', sensitivity: { value: 0.9, low: 0.8, high: 0.95, n: 40 } },
  ]
  const point = { ...known, unseen }
  const model = testManifest({ operatingPoints: { covid19: { screening: point, balanced: point } } })
  it('is stated with the decision, as figures and in words', () => {
    const decision = decide(model, balanced, scores)
    expect(decision.classes[0]!.unseen).toEqual(unseen)
    const explained = (language: 'en' | 'de') =>
      tell(decision, model, probabilities, language).classes[3]!.explained
    expect(explained('en')).toContain(
      '; in Clinic B, which training had not seen, sensitivity 75 % (95 % CI 71 % to 79 %, n = 400), specificity 80 % (95 % CI 77 % to 82 %, n = 800); in Clinic C, which training had not seen, sensitivity 90 %',
    )
    expect(explained('en')).not.toMatch(/n = 40\), specificity/)
    expect(explained('de')).toContain('; in Clinic B, das im Training nicht vorkam, Sensitivität 75 %')
  })

  it('is said of the model’s own thresholds only', () => {
    const settings: Settings = { operatingPoint: { thresholds: { covid19: 0.6 } }, prevalence: {} }
    expect(decide(model, settings, scores).classes[0]).not.toHaveProperty('unseen')
  })
})

describe('the words of a score', () => {
  const covid = (score: number, threshold: number) => {
    const rest = (1 - score) / 3
    return decided(
      { normal: rest, other_disease: rest, pneumonia: rest, covid19: score },
      { settings: { operatingPoint: { thresholds: { covid19: threshold } }, prevalence: {} } },
    ).headline
  }
  it('have as many digits as tell it from its threshold', () => {
    expect(covid(0.10304, 0.10296)).toBe('Above threshold: COVID-19 10.304 % (threshold 10.296 %)')
    expect(covid(0.10296, 0.10304)).toBe('Not above threshold: COVID-19 10.296 % (threshold 10.304 %)')
    expect(covid(0.25, 0.25)).toBe('Above threshold: COVID-19 25 % (threshold 25 %)')
  })

  it('never read as impossible or certain', () => {
    expect(covid(0.00001, 0.3)).toBe('Not above threshold: COVID-19 < 0.1 % (threshold 30 %)')
    expect(covid(0.99999, 0.3)).toBe('Above threshold: COVID-19 > 99.9 % (threshold 30 %)')
  })
})
