import fc from 'fast-check'
import { expect, it } from 'vitest'
import { applyDamage, corpus, damagedFile, verdict } from '../../support/damage.ts'

const CODES = [
  'ok',
  'image-missing',
  'image-unsupported',
  'image-undecodable',
  'image-too-large',
  'image-unsuitable',
]

it('decodes every undamaged file of the corpus', async () => {
  for (const { file, bytes } of corpus) expect((await verdict(bytes)).code, file).toBe('ok')
})

it('answers 2,500 damaged files with an image or a code, each within a second', async () => {
  let slowest = 0
  const codes = new Set<string>()
  await fc.assert(
    fc.asyncProperty(damagedFile, async (damaged) => {
      const { code, ms } = await verdict(applyDamage(damaged))
      codes.add(code)
      slowest = Math.max(slowest, ms)
      expect(CODES).toContain(code)
    }),
    { numRuns: 2500, seed: 20, endOnFailure: true },
  )
  expect(slowest).toBeLessThan(1000)
  expect(codes).toContain('image-undecodable') // the damage reaches the decoders
  expect(codes).toContain('ok')
}, 120_000)
