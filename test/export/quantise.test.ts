import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import { quantiseFolder } from '@detl/cli/quantise/quantise-folder'
import { codecs } from '@detl/codecs/modules'
import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { encodePng } from '@detl/core/image/png-encode'
import { takeIn } from '@detl/core/intake/intake'
import { parseManifest } from '@detl/core/model/manifest'
import { phantom } from '@detl/core/phantom/phantom'
import { cxrGrey } from '@detl/core/preprocess/spec'
import { exportArtifact } from '@detl/export/artifact'
import { quantise } from '@detl/export/quantise/quantise'
import { entropyThreshold, Histogram } from '@detl/export/quantise/ranges'
import { verify } from '@detl/export/verify'
import { ModelProtoSchema } from 'onnx-buf'
import ort from 'onnxruntime-node'
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
const out = mkdtempSync(join(tmpdir(), 'detl-quantise-'))
let source: string
let images: Uint8Array[]
beforeAll(async () => {
  source = await saveToFolder(detl12(SIZE))
  const facts = testFacts(SIZE, { layer: 'conv6', height: 9, width: 9, stride: 4, offset: 16 })
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

  it('may have depthwise convolutions, Clip, and sums: the shipped MobileNetV2', async () => {
    const before = model(join(import.meta.dirname, '../../models/mobilenet-v2-160'))
    const given = await tensors(160, 6)
    const { onnx, layers } = await quantise(before, given)
    expect(layers.length).toBe(40)
    expect(onnx.length).toBeLessThan(before.length)
    expect((await compare(before, onnx, given[3]!)).correlation).toBeGreaterThan(0.95)
  }, 60_000)

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
    expect(manifest.version).toBe('1.2.3-int8')
    const { metadataProps } = fromBinary(ModelProtoSchema, model(to))
    expect(JSON.parse(metadataProps.find(({ key }) => key === 'detl.manifest')!.value).version).toBe(
      '1.2.3-int8',
    )
    rmSync(folder, { recursive: true })
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
