import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { cxrGrey } from '@detl/core/preprocess/spec'
import { loadPixels } from '@detl/train/data/cache'
import type { ImageRecord } from '@detl/train/data/record'
import { afterAll, describe, expect, it } from 'vitest'
import { served } from './entry.ts'
import { goldenFiles, spread, xrays } from './files.ts'

const SIDE = 128
/** Of each source. */
const COUNT = 200

const dir = mkdtempSync(join(tmpdir(), 'detl-parity-'))
afterAll(() => rmSync(dir, { recursive: true }))

/** Digests of the tensors that training keeps of the files, and of those that serving makes of the same bytes, by file; not of refused ones. */
async function bothWays(files: readonly string[]) {
  const { pixels } = await loadPixels(files.map(recordOf), cxrGrey(SIDE), dir)
  const trainedOn: Record<string, string> = {}
  const servedAs: Record<string, string> = {}
  for (const [i, path] of files.entries()) {
    const answer = await served(readFileSync(path))
    if (answer.includes(':')) continue // a refusal's code and reason
    servedAs[basename(path)] = answer
    trainedOn[basename(path)] = sha256(pixels.subarray(i * SIDE ** 2, (i + 1) * SIDE ** 2))
  }
  return { trainedOn, servedAs, accepted: Object.keys(servedAs).length / files.length }
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** Nothing but the bytes matters here. */
const recordOf = (path: string): ImageRecord => ({
  file: path,
  path,
  dataset: 'parity',
  patient: path,
  group: path,
  view: 'unknown',
  finding: '',
  classA: undefined,
  classB: undefined,
  age: undefined,
  sex: undefined,
  width: 0,
  height: 0,
  sourceWidth: undefined,
  sourceHeight: undefined,
  sha256: sha256(readFileSync(path)),
  licence: '',
})

describe('the tensor that is trained on is the tensor that is served, bit for bit', () => {
  it('of every file of the golden set', async () => {
    const { trainedOn, servedAs, accepted } = await bothWays(goldenFiles)
    expect(accepted).toBe(1)
    expect(trainedOn).toEqual(servedAs)
  })

  const sources = Object.entries(xrays)
  const missing = sources.length === 0
  it.skipIf(missing)(
    missing ? 'of real X-rays: none beside the project' : 'of real X-rays: all sources',
    () => {
      expect(sources.map(([source]) => source)).toContain('nih')
    },
  )
  it.each(sources)(
    `of ${COUNT} real X-rays of %s`,
    async (_, files) => {
      const { trainedOn, servedAs, accepted } = await bothWays(spread(files, COUNT))
      expect(accepted).toBeGreaterThan(0.9)
      expect(trainedOn).toEqual(servedAs)
    },
    60_000,
  )
})
