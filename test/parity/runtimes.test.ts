import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noBrowser } from '../support/chromium.ts'
import { inChromium } from '../support/in-chromium.ts'
import { inWorkerd } from '../support/in-workerd.ts'
import { sharedDir } from '../support/shared.ts'
import { type Outcome, outcomeOf } from './entry.ts'

const IN_WORKERD = `
  import { outcomeOf } from './entry.ts'
  export default { fetch: async (request) => Response.json(await outcomeOf(new Uint8Array(await request.arrayBuffer()))) }`
const IN_PAGE = `import { outcomeOf } from './entry.ts'; window.run = outcomeOf`

const goldenFolder = resolve(import.meta.dirname, '../golden/intake')
const listed = (folder: string, ending: RegExp) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => ending.test(file))
        .sort()
        .map((file) => resolve(folder, file))
    : []
/** `count` files, spread over the list. */
const spread = (files: string[], count: number) =>
  files.filter((_, i) => i % Math.ceil(files.length / count) === 0)

const golden = listed(goldenFolder, /\.(png|jpg|dcm)$/)
const dicom = listed(resolve(sharedDir(), 'dicom'), /\.dcm$/)
const chests = spread(listed(resolve(sharedDir(), 'cxr/images'), /\.jpg$/), 200)

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
    }, 60_000)
    afterAll(() => runtime.stop())

    const agree = async (files: string[]) => {
      for (const file of files) {
        const bytes = readFileSync(file)
        expect(await runtime.run(bytes), file).toEqual(await expected(file, bytes))
      }
    }
    it('gives the bits of Node on the golden set', () => agree(golden), 60_000)
    it.skipIf(dicom.length === 0)('gives the bits of Node on real DICOM files', () => agree(dicom), 120_000)
    it.skipIf(chests.length === 0)('gives the bits of Node on 200 real X-rays', () => agree(chests), 120_000)
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
