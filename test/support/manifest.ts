import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
import type { GateSpec } from '@detl/core/gate/gate-spec'
import type { ModelFacts } from '@detl/core/model/facts'
import { LABELS } from '@detl/core/model/labels'
import { type Manifest, SCHEMA } from '@detl/core/model/manifest'
import { cxrGrey } from '@detl/core/preprocess/spec'

const estimate = (value: number, n: number) => ({ value, low: value - 0.05, high: value + 0.04, n })

/** Lets everything pass: tests of other things use images of a few pixels. */
const OPEN_GATE: GateSpec = {
  ...DEFAULT_GATE,
  within: 1e9,
  outside: 1e9,
  sure: { advantage: 1e9, within: 0 },
  mostUnlike: 1e9,
  detail: { min: 0, soft: 0, max: 1e9 },
  minSide: 1,
  smallSide: 1,
  minContrast: 0,
}

/** A manifest of a model that nobody trained: maps of 2 × 3 cells, an operating point for two of the classes. */
export function testManifest(change: Partial<Manifest> = {}): Manifest {
  return {
    schema: SCHEMA,
    name: 'detl',
    version: '1.2.3',
    createdAt: '2026-01-01T00:00:00Z',
    labels: [...LABELS],
    labelling: 'single',
    input: { name: 'image', shape: [-1, 1, 32, 32], scale: 1 / 255 },
    preprocess: cxrGrey(32),
    gate: OPEN_GATE,
    cam: { method: 'gradcam', layer: 'feature_maps', height: 2, width: 3, stride: 8, offset: 8 },
    temperature: 1,
    operatingPoints: null,
    outOfDistribution: null,
    data: { digest: '0'.repeat(64), images: 0, sources: [] },
    training: { code: 'test', backend: 'none', seed: 1, summary: 'none' },
    files: {},
    ...change,
  }
}

/** Facts of a network of S × S pixels that nobody trained, whose maps are those of `cam`. */
export function testFacts(size: number, cam: Omit<ModelFacts['cam'], 'method'>): ModelFacts {
  const { files: _, ...facts } = testManifest({
    input: { name: 'image', shape: [-1, 1, size, size], scale: 1 / 255 },
    preprocess: cxrGrey(size),
    cam: { method: 'gradcam', ...cam },
  })
  return { ...facts, outOfDistribution: null }
}

const point = (threshold: number, sensitivity: number, specificity: number) => ({
  threshold,
  sensitivity: estimate(sensitivity, 200),
  specificity: estimate(specificity, 400),
})
const points = { screening: point(0.1, 0.95, 0.8), balanced: point(0.4, 0.8, 0.9) }

/** A model that decides from 0.6 on. */
export const SELECTIVE: NonNullable<Manifest['selective']> = {
  coverage: 0.8,
  threshold: 0.6,
  answered: estimate(0.82, 400),
  balancedAccuracy: { all: estimate(0.62, 400), answered: estimate(0.7, 328) },
}

/** Numbers made up for arithmetic by eye. */
export const OPERATING_POINTS: NonNullable<Manifest['operatingPoints']> = {
  normal: points,
  other_disease: points,
  pneumonia: points,
  covid19: points,
}
