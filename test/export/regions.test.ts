import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseManifest } from '@detl/core/model/manifest'
import { outputsOf } from '@detl/core/model/outputs'
import { lungCard } from '@detl/export/regions/card'
import { addRegionsTo } from '@detl/export/regions/folders'
import { writeLungs } from '@detl/export/regions/lungs'
import * as tf from '@tensorflow/tfjs-core'
import type * as tfl from '@tensorflow/tfjs-layers'
import ort from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LUNG_FACTS, lungFolder } from '../support/lung-network.ts'
import { testManifest } from '../support/manifest.ts'
import { TINY, tinyModel } from '../support/tiny-model.ts'
import { checkerMissing, complaintOf } from './onnx-checker.ts'

const SIZE = 64
const root = mkdtempSync(join(tmpdir(), 'detl-regions-'))
const lungs = join(root, 'lungs-test')
let network: tfl.LayersModel
beforeAll(async () => {
  network = await lungFolder(root)
})
afterAll(() => rmSync(root, { recursive: true }))

/** A screening model of S × S with nothing but its four classes. */
function screeningModel(size: number): string {
  const dir = join(root, `screening-${size}`)
  mkdirSync(dir, { recursive: true })
  const manifest = testManifest({ input: { name: 'image', shape: [-1, 1, size, size], scale: 1 / 255 } })
  const { onnx } = tinyModel({ ...TINY, size }, { 'detl.manifest': '{}' })
  writeFileSync(join(dir, 'model.onnx'), onnx)
  writeFileSync(
    join(dir, 'manifest.json'),
    JSON.stringify({ ...manifest, files: { 'model.onnx': '1'.repeat(64) } }),
  )
  return dir
}

const image = (size: number) =>
  Uint8Array.from({ length: 2 * size * size }, (_, i) => (i * 37 + (i % size) * 5) % 256)
async function run(folder: string, size: number, pixels = image(size)) {
  const session = await ort.InferenceSession.create(readFileSync(join(folder, 'model.onnx')), {
    logSeverityLevel: 3,
  })
  return session.run({ image: new ort.Tensor('uint8', pixels, [pixels.length / size ** 2, 1, size, size]) })
}
const floats = (tensor: ort.Tensor | undefined) => tensor!.data as Float32Array
const apart = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]!)), 0)

describe('the network that outlines lungs', () => {
  it('gives in ONNX what it gives in tfjs: planes of shares, weights in half precision', async () => {
    const { regions } = await run(lungs, SIZE)
    expect(regions!.dims).toEqual([2, 3, SIZE / 2, SIZE / 2])
    const x = tf.tensor4d(
      Float32Array.from(image(SIZE), (v) => v / 255),
      [2, SIZE, SIZE, 1],
    )
    const expected = await tf.transpose(network.predict(x) as tf.Tensor4D, [0, 3, 1, 2]).data()
    expect(apart(floats(regions), expected)).toBeLessThan(0.01)
    expect(new Set(Array.from(floats(regions), (v) => v.toFixed(2))).size).toBeGreaterThan(10)
  })

  it('has a card that names who outlined its own data, and no other collection', () => {
    const outlines = [{ of: 'lungs' as const, source: 'Ward 7', licence: 'CC0', images: 5 }]
    expect(lungCard({ ...LUNG_FACTS, outlines })).toMatch(/Outlines: of lungs, 5 images: Ward 7; CC0\./)
    expect(lungCard(LUNG_FACTS)).not.toMatch(/v7labs|GeneralBlockchain|COVID-19/)
  })

  it('is refused where it is not what its facts say', () => {
    writeFileSync(join(root, 'run', 'lungs.json'), JSON.stringify({ ...LUNG_FACTS, size: 2 * SIZE }))
    expect(() => writeLungs(join(root, 'run'), join(root, 'other'))).toThrow(/facts say \[N,128,128,1\]/)
    writeFileSync(join(root, 'run', 'lungs.json'), JSON.stringify(LUNG_FACTS))
  })
})

describe('a screening model with regions', () => {
  it.each(['detl-128', 'mobilenet-v2-160'])(
    'that is shipped (%s) is made of its network, byte for byte',
    (name) => {
      const models = fileURLToPath(new URL('../../models/', import.meta.url))
      const out = join(root, `again-${name}`)
      addRegionsTo(join(models, name), join(models, 'lungs-128'), out)
      for (const file of ['model.onnx', 'model.int8.onnx', 'manifest.json'])
        expect(readFileSync(join(out, file)).equals(readFileSync(join(models, name, file))), file).toBe(true)
    },
  )

  it.each([SIZE, 80])(
    'of %d pixels a side answers as before, and outlines lungs in the same run',
    async (size) => {
      const before = screeningModel(size)
      const out = join(root, `with-${size}`)
      addRegionsTo(before, lungs, out)
      const manifest = parseManifest(JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')))
      expect(outputsOf(manifest)).toEqual(['probabilities', 'cam', 'regions'])
      const [plain, whole] = [await run(before, size), await run(out, size)]
      for (const name of Object.keys(plain)) expect(floats(whole[name])).toEqual(floats(plain[name]))
      expect(whole.regions!.dims).toEqual([2, 3, SIZE / 2, SIZE / 2])
      if (size === SIZE) expect(floats(whole.regions)).toEqual(floats((await run(lungs, SIZE)).regions))
    },
  )

  it('sees an image of another size as one that was resized between pixels’ centres', async () => {
    const out = join(root, 'with-96')
    addRegionsTo(screeningModel(96), lungs, out)
    const ramp = (size: number) =>
      Uint8Array.from(
        { length: size * size },
        (_, i) => 255 * (((i % size) + 0.5) / size) * ((Math.floor(i / size) + 0.5) / size),
      )
    const [direct, resized] = [await run(lungs, SIZE, ramp(SIZE)), await run(out, 96, ramp(96))]
    expect(apart(floats(direct.regions), floats(resized.regions))).toBeLessThan(0.03)
  })

  it('gets another network in place of the one it has', async () => {
    const out = join(root, 'twice')
    addRegionsTo(screeningModel(SIZE), lungs, out)
    const { after } = addRegionsTo(out, lungs, out)
    expect(addRegionsTo(out, lungs, out)).toEqual({ before: after, after })
    expect(floats((await run(out, SIZE)).regions)).toEqual(floats((await run(lungs, SIZE)).regions))
  })

  it('is refused a network that is not the one its lungs.json speaks of, and stays as it was', () => {
    const [model, mixed] = [screeningModel(SIZE), join(root, 'mixed')]
    mkdirSync(mixed)
    const before = readFileSync(join(model, 'model.onnx'))
    const add = () => addRegionsTo(model, mixed, model)
    writeFileSync(join(mixed, 'lungs.json'), JSON.stringify({ ...LUNG_FACTS, height: SIZE }))
    expect(add).toThrow(/mixed.model.onnx: no such file/)
    writeFileSync(join(mixed, 'model.onnx'), readFileSync(join(lungs, 'model.onnx')))
    expect(add).toThrow(/not the network that lungs.json speaks of: .*export-lungs/)
    writeFileSync(join(mixed, 'model.onnx'), before)
    expect(add).toThrow(/not the network that lungs.json speaks of/)
    expect(readFileSync(join(model, 'model.onnx')).equals(before)).toBe(true)
  })

  it('is refused where its image is far larger or smaller than the network’s', () => {
    expect(() => addRegionsTo(screeningModel(160), lungs, join(root, 'large'))).toThrow(/160 × 160.*64 × 64/)
  })

  it.skipIf(checkerMissing)('is valid ONNX', () => {
    const out = join(root, 'checked')
    addRegionsTo(screeningModel(80), lungs, out)
    expect(complaintOf(readFileSync(join(out, 'model.onnx')))).toBe('')
  })
})
