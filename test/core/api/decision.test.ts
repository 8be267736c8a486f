import { decide } from '@detl/core/api/decision'
import { describe, expect, it } from 'vitest'
import { OPERATING_POINTS, testManifest } from '../../support/manifest.ts'

const probabilities = { normal: 0.05, other_disease: 0.1, pneumonia: 0.35, covid19: 0.5 }
const manifest = testManifest({ operatingPoints: OPERATING_POINTS })

describe('a decision', () => {
  it('holds each score against the chosen point of the model, a score at the threshold being positive', () => {
    const at = (operatingPoint: 'screening' | 'balanced') =>
      decide(manifest, { operatingPoint, prevalence: {} }, probabilities)?.classes.map(
        ({ positive }) => positive,
      )
    expect(at('screening')).toEqual([false, true, true, true])
    expect(at('balanced')).toEqual([false, false, false, true])
  })

  it('states predictive values at the stated prevalence only', () => {
    const decision = decide(
      manifest,
      { operatingPoint: 'balanced', prevalence: { covid19: 0.1 } },
      probabilities,
    )
    const covid = decision?.classes.find((c) => c.class === 'covid19')
    // 0.8 × 0.1 = 0.08 true and 0.1 × 0.9 = 0.09 false positives; 0.9 × 0.9 = 0.81 true and 0.2 × 0.1 = 0.02 false negatives
    expect(covid?.ppv).toBeCloseTo(0.08 / 0.17, 12)
    expect(covid?.npv).toBeCloseTo(0.81 / 0.83, 12)
    expect(decision?.classes[0]).not.toHaveProperty('ppv')
  })

  it('at a prevalence of zero has no false negatives and no share of nothing', () => {
    const perfect = {
      ...OPERATING_POINTS.covid19.balanced,
      specificity: { value: 1, low: 1, high: 1, n: 10 },
    }
    const points = { ...OPERATING_POINTS, covid19: { screening: perfect, balanced: perfect } }
    const settings = { operatingPoint: 'balanced', prevalence: { covid19: 0 } } as const
    const covid = decide(testManifest({ operatingPoints: points }), settings, probabilities)?.classes[3]
    expect(covid).toMatchObject({ npv: 1 })
    expect(covid).not.toHaveProperty('ppv')
  })

  it('by thresholds of its own claims no sensitivity that nobody measured', () => {
    const settings = { operatingPoint: { thresholds: { covid19: 0.6 } }, prevalence: { covid19: 0.1 } }
    expect(decide(manifest, settings, probabilities)).toEqual({
      operatingPoint: 'custom',
      classes: [{ class: 'covid19', score: 0.5, threshold: 0.6, positive: false }],
    })
  })

  it('is not there where nobody chose a threshold', () => {
    expect(
      decide(testManifest(), { operatingPoint: 'balanced', prevalence: {} }, probabilities),
    ).toBeUndefined()
  })
})
