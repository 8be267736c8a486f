import { readFileSync } from 'node:fs'
import { manifestOf, parseFacts } from '@detl/core/model/facts'
import { parseManifest } from '@detl/core/model/manifest'
import { describe, expect, it } from 'vitest'
import { testFacts, testManifest } from '../../support/manifest.ts'

const cam = { layer: 'conv6', height: 25, width: 25, stride: 4, offset: 16 }

describe('the description of a model', () => {
  it('is refused in an older schema, by its number and with what to do', () => {
    expect(() => parseManifest({ ...testManifest(), schema: 1 })).toThrow(
      /manifest\.json has schema 1; this version reads schema 2\. .*`detl train artifact` and `detl ship`/,
    )
    const { schema: _, ...facts } = testFacts(128, cam)
    expect(() => parseFacts(facts)).toThrow(/facts\.json has no schema; .*`detl train artifact`/)
  })

  it('is refused in a newer schema, which asks for a newer version', () => {
    expect(() => parseManifest({ ...testManifest(), schema: 3 })).toThrow(/schema 3; .*newer version/)
  })

  it.each(['gate', 'operatingPoints', 'outOfDistribution'] as const)(
    'states %s, be it that there is none: silence is no default',
    (field) => {
      const { [field]: _, ...rest } = testManifest()
      expect(() => parseManifest(rest)).toThrow(field)
    },
  )

  it('says in the manifest what training wrote, but for the Gaussian', () => {
    const measure = { method: 'mahalanobis' as const, output: 'ood_score' as const, threshold: 3 }
    const facts = parseFacts({
      ...testFacts(128, cam),
      outOfDistribution: { ...measure, mean: [0, 1], precision: [1, 0, 0, 1] },
    })
    expect(manifestOf(facts)).toEqual({ ...facts, outOfDistribution: measure })
  })

  it.each(['detl-128', 'mobilenet-v2-160'])(
    'of the shipped %s states a gate and a measure of distance',
    (name) => {
      const path = new URL(`../../../models/${name}/manifest.json`, import.meta.url)
      const { gate, outOfDistribution } = parseManifest(JSON.parse(readFileSync(path, 'utf8')))
      expect(gate.likeness).toBe('chest-pca@2')
      expect(outOfDistribution!.threshold).toBeGreaterThan(0)
    },
  )
})
