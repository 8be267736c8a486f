import { AppError } from '@detl/core/api/problem'
import { modelWarnings } from '@detl/core/api/quality'
import { collectOutputs, outputsOf, readScores } from '@detl/core/model/outputs'
import { describe, expect, it } from 'vitest'
import { testManifest } from '../../support/manifest.ts'

const cam = { method: 'gradcam' as const, layer: 'conv6', width: 2, height: 1, stride: 4, offset: 2 }
const outOfDistribution = { method: 'mahalanobis' as const, output: 'ood_score' as const, threshold: 20 }
const manifest = testManifest({ cam })
const measuring = testManifest({ cam, outOfDistribution })
const probabilities = Float32Array.of(0.1, 0.2, 0.6, 0.1)
const maps = Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7)

describe('the outputs of a model', () => {
  it('become probabilities and maps by the name of their label', () => {
    const scores = readScores(manifest, { probabilities, cam: maps })
    expect(scores.label).toBe('pneumonia')
    expect(scores.probabilities.other_disease).toBeCloseTo(0.2)
    expect([...Array.from(scores.maps.pneumonia.data)]).toEqual([4, 5])
  })

  it.each([
    ['too few probabilities', Float32Array.of(0.5, 0.5), new Float32Array(8)],
    ['maps of another size', Float32Array.of(0.25, 0.25, 0.25, 0.25), new Float32Array(6)],
    ['probabilities that do not sum to 1', Float32Array.of(0.5, 0.5, 0.5, 0.5), new Float32Array(8)],
    ['a probability that is no number', Float32Array.of(Number.NaN, 0.5, 0.25, 0.25), new Float32Array(8)],
  ])('are refused with %s', (_, p, cam) => {
    expect(() => readScores(manifest, { probabilities: p, cam })).toThrow(AppError)
  })

  it.each([
    [19.9, false],
    [20, false],
    [20.1, true],
  ])(
    'say whether an image is unlike the training images: a distance of %f is beyond 20: %s',
    (oodScore, beyond) => {
      const scores = readScores(measuring, { probabilities, cam: maps, oodScore })
      expect(scores.outOfDistribution).toBe(beyond)
      expect(modelWarnings(scores, undefined).map(({ code }) => code)).toEqual(
        beyond ? ['out-of-distribution'] : [],
      )
    },
  )

  it('say that they do not tell, where the model has no such measure', () => {
    const scores = readScores(manifest, { probabilities, cam: maps })
    expect(scores.outOfDistribution).toBeNull()
    expect(modelWarnings(scores, undefined)).toEqual([])
  })

  it.each([undefined, Number.NaN])('are refused where the distance that is promised is %s', (oodScore) => {
    expect(() => readScores(measuring, { probabilities, cam: maps, oodScore })).toThrow(/ood_score is/)
  })

  it('are asked for by name, the distance only of a model that has it', () => {
    expect(outputsOf(manifest)).toEqual(['probabilities', 'cam'])
    expect(outputsOf(measuring)).toEqual(['probabilities', 'cam', 'ood_score'])
  })

  it('are FP32, or refused by name', () => {
    const answer: Record<string, unknown> = { probabilities, cam: new Uint16Array(8) }
    expect(() => collectOutputs(outputsOf(manifest), (name) => answer[name])).toThrow(
      'upstream-invalid: the model\'s answer has no FP32 output "cam"',
    )
  })
})
