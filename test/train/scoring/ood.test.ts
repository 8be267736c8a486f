import { inverse } from '@detl/train/inverse'
import { gaussian, rngOf } from '@detl/train/rng'
import { distances, fitOutOfDistribution } from '@detl/train/scoring/ood'
import { expect, it } from 'vitest'

it('inverse times matrix is the identity, also where a pivot is 0', () => {
  const m = Float64Array.of(0, 2, 1, 1, 1, 0, 3, 0, 4)
  const inv = inverse(m, 3)
  for (let r = 0; r < 3; r++) {
    for (let c = 0; c < 3; c++) {
      const sum = [0, 1, 2].reduce((s, k) => s + inv[r * 3 + k]! * m[k * 3 + c]!, 0)
      expect(sum).toBeCloseTo(r === c ? 1 : 0, 10)
    }
  }
})

it('a point off the correlation that the training data have is further than one along it', () => {
  const rng = rngOf('ood')
  const make = (n: number) =>
    Float32Array.from(
      Array.from({ length: n }, () => {
        const z = gaussian(rng)
        return [z + 0.1 * gaussian(rng), z + 0.1 * gaussian(rng), 0] // the third unit never fires
      }).flat(),
    )
  const ood = fitOutOfDistribution(make(500), make(500), 3)
  const [along, off] = distances(Float32Array.of(1.5, 1.5, 0, 1.5, -1.5, 0), ood)
  expect(off).toBeGreaterThan(ood.threshold)
  expect(along).toBeLessThan(ood.threshold)
})
