/** What becomes of the 8-bit file of a folder whose model is written anew. */
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseManifest } from '@detl/core/model/manifest'
import { exportArtifact } from '@detl/export/artifact'
import { int8News, writeInt8 } from '@detl/export/quantise/beside'
import { calibrate } from '@detl/export/quantise/calibrate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testFacts } from '../support/manifest.ts'
import { writeModel } from '../support/model-folder.ts'
import { TINY } from '../support/tiny-model.ts'
import { detl12, saveToFolder } from './harness.ts'

const SIZE = 64
const facts = testFacts(SIZE, { layer: 'conv6', height: 9, width: 9, stride: 4, offset: 16 })
const images = [3, 5].map((step) => Uint8Array.from({ length: SIZE ** 2 }, (_, i) => (i * step) % 256))
const folder = mkdtempSync(join(tmpdir(), 'detl-beside-'))
let source: string
beforeAll(async () => {
  source = await saveToFolder(detl12(SIZE))
  expect(exportArtifact({ model: source, out: folder, facts }).int8).toBe('none')
  writeInt8(folder, await calibrate(model(folder), images, 'minmax'), { webAssembly: true })
})
afterAll(() => rmSync(folder, { recursive: true }))

const model = (of: string) => new Uint8Array(readFileSync(join(of, 'model.onnx')))
const int8In = (of: string) => new Uint8Array(readFileSync(join(of, 'model.int8.onnx')))
const manifestIn = (of: string) => parseManifest(JSON.parse(readFileSync(join(of, 'manifest.json'), 'utf8')))
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe('the 8-bit file beside a model', () => {
  it('is made anew where the model is exported anew with the same network, whatever else changed', () => {
    const again = mkdtempSync(join(tmpdir(), 'detl-beside-again-'))
    cpSync(folder, again, { recursive: true })
    const { int8, manifest } = exportArtifact({
      model: source,
      out: again,
      facts: { ...facts, temperature: 2 },
    })
    expect(int8).toBe('kept')
    expect(int8News(int8, again)).toContain('made anew of int8.json')
    expect(manifest).toEqual(manifestIn(again))
    expect(manifest).toMatchObject({
      temperature: 2,
      int8: { method: 'minmax', images: 2, webAssembly: true },
    })
    expect(manifest.files).toEqual({
      'model.onnx': sha256(model(again)),
      'model.int8.onnx': sha256(int8In(again)),
    })
    expect(int8In(again)).not.toEqual(int8In(folder))
    rmSync(again, { recursive: true })
  })

  it.each([
    ['the weights are others', () => undefined],
    ['its int8.json is gone', (to: string) => rmSync(join(to, 'int8.json'))],
    [
      'the model that was there is not that of its manifest',
      (to: string) => writeModel(to, { network: TINY }),
    ],
  ])('goes, and people are told, where the model is exported anew and %s', async (what, change) => {
    const to = mkdtempSync(join(tmpdir(), 'detl-beside-other-'))
    cpSync(folder, to, { recursive: true })
    const kept = readFileSync(join(to, 'manifest.json'))
    change(to)
    writeFileSync(join(to, 'manifest.json'), kept)
    const other = what === 'the weights are others' ? await saveToFolder(detl12(SIZE, 2)) : source
    const { int8, manifest } = exportArtifact({ model: other, out: to, facts })
    expect(int8).toBe('dropped')
    expect(int8News(int8, to)).toContain(`detl quantize ${to} --beside --calibrate IMAGES`)
    expect(manifest).toEqual(manifestIn(to))
    expect(manifest.int8).toBeUndefined()
    expect(Object.keys(manifest.files)).toEqual(['model.onnx'])
    for (const file of ['model.int8.onnx', 'int8.json']) expect(existsSync(join(to, file))).toBe(false)
    rmSync(to, { recursive: true })
  })
})
