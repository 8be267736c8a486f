import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noBrowser } from '../support/chromium.ts'
import { applyDamage, corpus, damagedFile } from '../support/damage.ts'
import { inChromium } from '../support/in-chromium.ts'
import { inWorkerd } from '../support/in-workerd.ts'
import { oddFiles } from '../support/odd-files.ts'
import { type Outcome, outcomeOf } from './entry.ts'
import { dicomFiles, goldenFiles, hospitalCases, spread, xrays } from './files.ts'

const IN_WORKERD = `
  import { outcomeOf } from './entry.ts'
  export default { fetch: async (request) => Response.json(await outcomeOf(new Uint8Array(await request.arrayBuffer()))) }`
const IN_PAGE = `import { outcomeOf } from './entry.ts'; window.run = outcomeOf`

/** 50 of each source, all of one that has fewer. */
const chests = Object.values(xrays).flatMap((files) => spread(files, 50))

/** What Node says, once for all runtimes. */
const inNode = new Map<string, Promise<Outcome>>()
function expected(file: string, bytes: Uint8Array): Promise<Outcome> {
  const outcome = inNode.get(file) ?? outcomeOf(bytes)
  inNode.set(file, outcome)
  return outcome
}

/** The same files through one runtime; what Node says is the expectation. */
const paritySuite = (
  name: string,
  start: () => Promise<{ run: (bytes: Uint8Array) => Promise<Outcome>; stop: () => Promise<void> }>,
) => {
  describe(name, () => {
    let runtime: Awaited<ReturnType<typeof start>>
    beforeAll(async () => {
      runtime = await start()
    })
    afterAll(() => runtime.stop())

    const agree = async (files: string[]) => {
      for (const file of files) {
        const bytes = readFileSync(file)
        const outcome = await runtime.run(bytes)
        expect(outcome, file).toEqual(await expected(file, bytes))
        // Served as it is trained on, unless it is refused: what an error or a refusal says has a colon.
        if ('served' in outcome && !outcome.served.includes(':'))
          expect(outcome.served, file).toBe(outcome.tensor)
      }
    }
    it('gives the bits and remarks of Node on odd files', async () => {
      for (const { name, bytes } of await oddFiles()) {
        expect(await runtime.run(bytes), name).toEqual(await expected(name, bytes))
      }
    })
    it('gives the answer of Node on 500 damaged files', async () => {
      const damaged = fc.sample(damagedFile, { numRuns: 500, seed: 16 })
      for (const [i, damage] of damaged.entries()) {
        const bytes = applyDamage(damage)
        const what = `${i}: ${corpus[damage.source]!.file} ${JSON.stringify(damage.steps)}`
        expect(await runtime.run(bytes), what).toEqual(await expected(what, bytes))
      }
    }, 240_000)
    it('gives the bits of Node on the golden set', () => agree(goldenFiles))
    it.skipIf(hospitalCases.length === 0)('gives the bits of Node on files that hospitals send', () =>
      agree(hospitalCases),
    )
    it.skipIf(dicomFiles.length === 0)(
      'gives the bits of Node on real DICOM files',
      () => agree(dicomFiles),
      120_000,
    )
    it.skipIf(chests.length === 0)(
      'gives the bits of Node on real X-rays of every source',
      () => agree(chests),
      120_000,
    )
  })
}

paritySuite('workerd', async () => {
  const worker = await inWorkerd(IN_WORKERD)
  return { run: (bytes) => worker.post<Outcome>('/', bytes), stop: worker.stop }
})

describe.skipIf(noBrowser)('with Chromium installed', () => {
  paritySuite('Chromium', async () => {
    const page = await inChromium(IN_PAGE)
    return { run: (bytes) => page.post<Outcome>(bytes), stop: page.stop }
  })
})
