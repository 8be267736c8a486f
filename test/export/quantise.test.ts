import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import { quantiseBeside, quantiseFolder } from '@detl/cli/quantise/quantise-folder'
import { codecs } from '@detl/codecs/modules'
import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { encodePng } from '@detl/core/image/png-encode'
import { takeIn } from '@detl/core/intake/intake'
import { parseManifest } from '@detl/core/model/manifest'
import { phantom } from '@detl/core/phantom/phantom'
import { cxrGrey } from '@detl/core/preprocess/spec'
import { exportArtifact } from '@detl/export/artifact'
import { int8Of, readCalibration, renewInt8 } from '@detl/export/quantise/beside'
import { calibrate } from '@detl/export/quantise/calibrate'
import { quantise } from '@detl/export/quantise/quantise'
import { quantiseWith } from '@detl/export/quantise/quantise-with'
import { entropyThreshold, Histogram } from '@detl/export/quantise/ranges'
import { verify } from '@detl/export/verify'
import { ModelProtoSchema } from 'onnx-buf'
import ort from 'onnxruntime-node'
import * as web from 'onnxruntime-web/wasm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testFacts } from '../support/manifest.ts'
import { TINY, tinyModel } from '../support/tiny-model.ts'
import { detl12, saveToFolder } from './harness.ts'
import { checkerMissing, complaintOf } from './onnx-checker.ts'

const pngOf = async (seed: number) => {
  const lesions = seed % 2 ? (['consolidation'] as const) : []
  const { image } = phantom({ seed, width: 256, height: 256, lesions: [...lesions] })
  return encodePng({ width: 256, height: 256, channels: 1, data: image.data.map((v) => v << 4) })
}
const tensors = (size: number, count: number) =>
  Promise.all(
    Array.from({ length: count }, async (_, seed) => {
      const gate = { mode: 'report', spec: DEFAULT_GATE } as const
      const options = { limits: DEFAULT_LIMITS, codecs }
      return (await takeIn(await pngOf(seed), cxrGrey(size), gate, options)).preprocessed.tensor
    }),
  )

const SIZE = 64
const facts = testFacts(SIZE, { layer: 'conv6', height: 9, width: 9, stride: 4, offset: 16 })
const out = mkdtempSync(join(tmpdir(), 'detl-quantise-'))
let source: string
let images: Uint8Array[]
beforeAll(async () => {
  source = await saveToFolder(detl12(SIZE))
  exportArtifact({ model: source, out, facts })
  images = await tensors(SIZE, 12)
})
afterAll(() => rmSync(out, { recursive: true }))

const model = (folder = out) => new Uint8Array(readFileSync(join(folder, 'model.onnx')))

/** Both models on the same image: largest difference of a probability, and the correlation of the label's map. */
async function compare(before: Uint8Array, after: Uint8Array, image: Uint8Array) {
  const size = Math.sqrt(image.length)
  const run = async (onnx: Uint8Array) => {
    const session = await ort.InferenceSession.create(onnx, { logSeverityLevel: 3 })
    return session.run({ image: new ort.Tensor('uint8', image, [1, 1, size, size]) })
  }
  const [a, b] = await Promise.all([run(before), run(after)])
  const values = (r: typeof a, name: string) => [...(r[name]!.data as Float32Array)]
  const [p, q] = [values(a, 'probabilities'), values(b, 'probabilities')]
  const label = p.indexOf(Math.max(...p))
  const map = (r: typeof a) =>
    values(r, 'cam').slice((label * a.cam!.size) / 4, ((label + 1) * a.cam!.size) / 4)
  return {
    names: [Object.keys(a).sort(), Object.keys(b).sort()],
    apart: Math.max(...p.map((v, i) => Math.abs(v - q[i]!))),
    correlation: pearson(map(a), map(b)),
  }
}

function pearson(x: readonly number[], y: readonly number[]): number {
  const mean = (v: readonly number[]) => v.reduce((s, a) => s + a, 0) / v.length
  const [mx, my] = [mean(x), mean(y)]
  const sum = (f: (i: number) => number) => x.reduce((s, _, i) => s + f(i), 0)
  const xy = sum((i) => (x[i]! - mx) * (y[i]! - my))
  return xy / Math.sqrt(sum((i) => (x[i]! - mx) ** 2) * sum((i) => (y[i]! - my) ** 2))
}

describe('a quantised model', () => {
  it.each(['minmax', 'entropy'] as const)(
    'agrees with the model that it was made of, by %s',
    async (method) => {
      const { onnx, layers } = await quantise(model(), images, { method })
      expect(layers).toHaveLength(6)
      const { names, apart, correlation } = await compare(model(), onnx, images[3]!)
      expect(names[1]).toEqual(names[0])
      expect(apart).toBeLessThan(0.03)
      expect(correlation).toBeGreaterThan(0.98)
    },
  )

  it('computes every convolution with integers, each with a zero point, and nothing of Grad-CAM', async () => {
    const { onnx } = await quantise(model(), images)
    const { graph } = fromBinary(ModelProtoSchema, onnx)
    const maker = new Map(graph!.node.flatMap((node) => node.output.map((name) => [name, node])))
    const integer = (name: string) => maker.get(name)?.opType === 'DequantizeLinear'
    const convolutions = graph!.node.filter(({ opType }) => opType === 'Conv')
    expect(convolutions.length).toBe(6)
    for (const node of convolutions) expect(node.input.map(integer)).toEqual([true, true, true])
    const pairs = graph!.node.filter(({ opType }) => /^(De)?[Qq]uantizeLinear$/.test(opType))
    for (const node of pairs) expect(node.input).toHaveLength(3)
    const gradients = graph!.node.filter(({ name }) => name.startsWith('gradient/'))
    expect(gradients.length).toBeGreaterThan(0)
    for (const node of gradients) expect(node.input.some(integer)).toBe(false)
  })

  it.skipIf(checkerMissing)(`is valid ONNX ${checkerMissing ?? ''}`, async () => {
    expect(complaintOf((await quantise(model(), images)).onnx)).toBe('')
  })

  it('is known to `verify`, which allows it more', async () => {
    const path = join(out, 'int8.onnx')
    writeFileSync(path, (await quantise(model(), images)).onnx)
    const report = await verify(source, path, { inputs: 2 })
    expect(report.tolerance).toBe(0.1)
    expect(report.agrees).toBe(true)
  })

  it('may have depthwise convolutions, Clip, and sums: the shipped MobileNetV2', () => {
    const folder = join(import.meta.dirname, '../../models/mobilenet-v2-160')
    const { onnx, layers } = quantiseWith(model(folder), readCalibration(folder)!)
    expect(layers.length).toBe(40)
    expect(onnx.length).toBeLessThan(model(folder).length)
  })

  it('may begin with another operation than a product', async () => {
    const before = tinyModel(TINY).onnx
    const rows = await tensors(TINY.size, 4)
    const { correlation } = await compare(before, (await quantise(before, rows)).onnx, rows[1]!)
    expect(correlation).toBeGreaterThan(0.95)
  })

  it.each([
    ['no image', () => quantise(model(), []), 'no image'],
    ['bytes that are no model', () => quantise(new Uint8Array([1, 2, 3]), images), 'no ONNX model'],
  ])('is not made of %s', async (_, make, reason) => {
    await expect(make()).rejects.toThrow(reason)
  })
})

describe('detl quantize', () => {
  it('writes a folder that can be served beside the first: another version, another digest', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'detl-quantise-images-'))
    for (let seed = 0; seed < 3; seed++) writeFileSync(join(folder, `${seed}.png`), await pngOf(seed))
    writeFileSync(join(folder, 'notes'), 'no image')
    const to = join(folder, 'int8')
    const report = await quantiseFolder({ model: out, images: [folder], limit: 8, method: 'minmax', out: to })
    expect(report).toMatchObject({ layers: 6, images: 3 })
    const manifest = parseManifest(JSON.parse(readFileSync(join(to, 'manifest.json'), 'utf8')))
    expect(manifest).toMatchObject({ version: '1.2.3-int8', precision: 'int8' })
    await expect(
      quantiseFolder({ model: to, images: [folder], limit: 8, method: 'minmax', out: to }),
    ).rejects.toThrow('8-bit integers already')
    const { metadataProps } = fromBinary(ModelProtoSchema, model(to))
    expect(JSON.parse(metadataProps.find(({ key }) => key === 'detl.manifest')!.value).version).toBe(
      '1.2.3-int8',
    )
    rmSync(folder, { recursive: true })
  })
})

const manifestIn = (folder: string) =>
  parseManifest(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')))
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const int8In = (folder: string) => new Uint8Array(readFileSync(join(folder, 'model.int8.onnx')))

describe('detl quantize --beside', () => {
  const folder = mkdtempSync(join(tmpdir(), 'detl-beside-'))
  const films = mkdtempSync(join(tmpdir(), 'detl-beside-images-'))
  const from = { model: folder, limit: 8, method: 'minmax', webAssembly: true } as const
  beforeAll(async () => {
    cpSync(out, folder, { recursive: true })
    for (let seed = 0; seed < 3; seed++) writeFileSync(join(films, `${seed}.png`), await pngOf(seed))
    await quantiseBeside({ ...from, images: [films] })
  })
  afterAll(() => {
    for (const one of [folder, films]) rmSync(one, { recursive: true })
  })

  it('writes a second file, which the manifest names; model.onnx and the version stay', async () => {
    const manifest = manifestIn(folder)
    expect(manifest.int8).toEqual({ method: 'minmax', images: 3, webAssembly: true })
    expect(manifest.files).toEqual({
      'model.onnx': sha256(model()),
      'model.int8.onnx': sha256(int8In(folder)),
    })
    expect(manifest.version).toBe('1.2.3')
    expect(model(folder)).toEqual(model())
    const { apart, correlation } = await compare(model(), int8In(folder), images[3]!)
    expect(apart).toBeLessThan(0.03)
    expect(correlation).toBeGreaterThan(0.98)
  })

  it('makes the same bytes of int8.json alone, and of a Buffer', async () => {
    const before = int8In(folder)
    rmSync(join(folder, 'model.int8.onnx'))
    await quantiseBeside({ ...from, images: [] })
    expect(int8In(folder)).toEqual(before)
    const calibration = readCalibration(folder)!
    const made = int8Of(readFileSync(join(folder, 'model.onnx')), {
      ...{ manifest: manifestIn(folder), calibration, webAssembly: true },
    })
    expect(made.onnx).toEqual(before)
  })

  it('is brought up to a model whose description changed', () => {
    const changed = mkdtempSync(join(tmpdir(), 'detl-beside-changed-'))
    cpSync(folder, changed, { recursive: true })
    writeFileSync(join(changed, 'manifest.json'), JSON.stringify({ ...manifestIn(changed), version: '2' }))
    renewInt8(changed)
    const { metadataProps } = fromBinary(ModelProtoSchema, int8In(changed))
    const inside = JSON.parse(metadataProps.find(({ key }) => key === 'detl.manifest')!.value)
    expect(inside).toMatchObject({ version: '2', precision: 'int8' })
    expect(manifestIn(changed).files['model.int8.onnx']).toBe(sha256(int8In(changed)))
    rmSync(changed, { recursive: true })
  })

  it('refuses the calibration of another network, and says what to do where there is none', async () => {
    const other = await calibrate(tinyModel(TINY).onnx, await tensors(TINY.size, 2), 'minmax')
    expect(() => quantiseWith(model(), other)).toThrow(/another network; calibrate again/)
    await expect(quantiseBeside({ ...from, model: out, images: [] })).rejects.toThrow('--calibrate')
  })
})

// Of a synthetic chest, which no calibration image was; held-out X-rays: bench/int8/accuracy.ts.
describe.each([
  ['detl-128', 0.02],
  ['mobilenet-v2-160', 0.1],
])('the 8-bit file of %s', (name, within) => {
  const folder = join(import.meta.dirname, '../../models', name)

  it('is made of model.onnx and int8.json, byte for byte, and the manifest has its digest', () => {
    const manifest = manifestIn(folder)
    const calibration = readCalibration(folder)!
    const { webAssembly } = manifest.int8!
    const made = int8Of(model(folder), { manifest, calibration, webAssembly })
    expect(sha256(made.onnx)).toBe(manifest.files['model.int8.onnx'])
    expect(sha256(int8In(folder))).toBe(manifest.files['model.int8.onnx'])
    expect(made.manifest).toEqual(manifest)
  })

  it('gives the scores and maps of model.onnx, nearly, and the same in WebAssembly', async () => {
    const { size } = manifestIn(folder).preprocess
    const [image] = (await tensors(size, 2)).slice(1) as [Uint8Array]
    const { apart, correlation } = await compare(model(folder), int8In(folder), image)
    expect(apart).toBeLessThan(within)
    expect(correlation).toBeGreaterThan(0.98)
    const probabilities = async ({
      InferenceSession,
      Tensor,
    }: Pick<typeof ort, 'InferenceSession' | 'Tensor'>) => {
      const session = await InferenceSession.create(int8In(folder), { logSeverityLevel: 3 })
      const given = await session.run({ image: new Tensor('uint8', image, [1, 1, size, size]) })
      await session.release()
      return [...(given.probabilities!.data as Float32Array)]
    }
    const here = await probabilities(ort)
    for (const [i, p] of (await probabilities(web)).entries()) expect(p).toBeCloseTo(here[i]!, 3)
  })
})

describe('the range by entropy', () => {
  it('clips a far outlier and keeps a range that is filled', () => {
    const filled = new Histogram(1)
    filled.add(Float32Array.from({ length: 100_000 }, (_, i) => (i + 1) / 100_000))
    expect(entropyThreshold(filled)).toBeGreaterThan(0.95)
    const outlier = new Histogram(8)
    outlier.add(Float32Array.from({ length: 100_000 }, (_, i) => (i + 1) / 100_000))
    outlier.add(Float32Array.of(8))
    expect(entropyThreshold(outlier)).toBeLessThan(2)
  })
})
