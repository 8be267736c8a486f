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

it.each([
  [
    { kind: 'repeat', at: 0.01436, value: 50 },
    { kind: 'repeat', at: 0.277615, value: 2 },
  ],
  [
    { kind: 'repeat', at: 0.896686, value: 2 },
    { kind: 'large', at: 0.700219, value: 128 },
    { kind: 'set', at: 0.300527, value: 33 },
    { kind: 'flip', at: 0.03563, value: 7 },
  ],
] as const)('refuses JPEG-LS data on which CharLS counts for seconds, at once', async (...steps) => {
  const source = corpus.findIndex(({ file }) => file === 'jpeg-ls.dcm')
  const { code, ms } = await verdict(applyDamage({ source, steps: [...steps] }))
  expect(code).toBe('image-undecodable')
  expect(ms).toBeLessThan(500)
})

it('refuses an HTJ2K header on which the codec runs for ever', async () => {
  const bytes = corpus.find(({ file }) => file === 'htj2k.dcm')!.bytes.slice()
  const start = bytes.findIndex((_, i) => bytes[i] === 0xff && bytes[i + 1] === 0x4f && bytes[i + 2] === 0xff)
  bytes[start + 44] = 17 // vertical subsampling of the only component
  expect(await verdict(bytes)).toMatchObject({ code: 'image-undecodable' })
})
