import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fromBinary } from '@bufbuild/protobuf'
import { type ConvertOptions, convert } from '@detl/export/convert'
import { readModelArtifacts } from '@detl/export/layers/read'
import { readModel } from '@detl/export/read-path'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { ModelProtoSchema, TensorProto_DataType as Type } from 'onnx-buf'
import { InferenceSession } from 'onnxruntime-node'
import * as web from 'onnxruntime-web/wasm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomise } from './cases/case.ts'
import { bytesOf, difference, type Outputs, runOnnx } from './harness.ts'
import { checkerMissing, complaintOf } from './onnx-checker.ts'
import { quantisedArtifacts, type StoredAs } from './quantised-model.ts'
import { photoAtHand, QUANTISED, type RealFile, realInput } from './real-files.ts'
import { tfjsAnswers } from './tfjs-answers.ts'

const { layers } = tfl
const FORMS = ['fold', 'dequantize'] as const
const KINDS: readonly StoredAs[] = ['uint8', 'uint16', 'float16']

/** Kernels of all kinds, normalisations behind them, one of them with a channel turned over and one switched off. */
function network(): tfl.LayersModel {
  const model = tfl.sequential({
    layers: [
      layers.conv2d({ filters: 24, kernelSize: 3, inputShape: [14, 14, 6], useBias: false }),
      layers.batchNormalization({ name: 'norm' }),
      layers.reLU(),
      layers.depthwiseConv2d({ kernelSize: 7, padding: 'same' }),
      layers.conv2d({ filters: 48, kernelSize: 1, activation: 'relu' }),
      layers.batchNormalization(),
      layers.conv2dTranspose({ filters: 8, kernelSize: 3, strides: 2, activation: 'relu' }),
      layers.globalAveragePooling2d({}),
      layers.dense({ units: 256, activation: 'relu' }),
      layers.dense({ units: 5, activation: 'softmax' }),
    ],
  })
  randomise(model, 12)
  const norm = model.getLayer('norm')
  const [gamma, ...rest] = norm.getWeights()
  const factors = gamma!.dataSync().slice()
  factors[0] = -0.7
  factors[1] = 0
  norm.setWeights([tf.tensor1d(factors), ...rest])
  return model
}

/** How often each operation is used, and bytes of weights of each type. */
function contents(file: Uint8Array) {
  const { node, initializer } = fromBinary(ModelProtoSchema, file).graph!
  const large = initializer.filter(({ dims }) => dims.reduce((a, b) => a * Number(b), 1) >= 1024)
  return {
    count: (op: string) => node.filter(({ opType }) => opType === op).length,
    bytes: (type: Type) =>
      large.filter(({ dataType }) => dataType === type).reduce((sum, { rawData }) => sum + rawData.length, 0),
  }
}
const TYPE = { uint8: Type.UINT8, uint16: Type.UINT16, float16: Type.FLOAT16 } as const

async function onWeb(file: Uint8Array, x: tf.Tensor): Promise<Outputs> {
  const session = await web.InferenceSession.create(file)
  const outputs = await session.run({
    [session.inputNames[0]!]: new web.Tensor('float32', Float32Array.from(x.dataSync()), x.shape),
  })
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { dims, data }]) => [name, { dims, data: data as Float32Array }]),
  )
}

beforeAll(async () => {
  setWasmPaths(
    fileURLToPath(new URL('../../node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url)),
  )
  await tf.setBackend('wasm')
})
afterAll(async () => {
  await tf.setBackend('cpu')
})

describe.each(KINDS)('weights that tfjs stores as %s', (kind) => {
  let artifacts: tf.io.ModelArtifacts
  let expected: Float32Array
  let x: tf.Tensor
  const file = (options: ConvertOptions): Uint8Array =>
    bytesOf(convert(readModelArtifacts(artifacts as Parameters<typeof readModelArtifacts>[0]), options))

  beforeAll(async () => {
    x = tf.randomUniform([2, 14, 14, 6], -1, 1, 'float32', 4)
    artifacts = await quantisedArtifacts(network(), kind)
    const loaded = await tfl.loadLayersModel(tf.io.fromMemory(artifacts))
    expected = (loaded.predict(x) as tf.Tensor).dataSync() as Float32Array
  })

  for (const keepQuantized of FORMS)
    for (const opset of [17, 21])
      it(`stay so with ${keepQuantized} in operation set ${opset}, and give tfjs's scores`, async () => {
        const kept = file({ keepQuantized, opset })
        const whole = file({ opset })
        const [now, before] = [contents(kept), contents(whole)]
        // Five kernels are large enough; nothing large is left in float32.
        expect(now.bytes(TYPE[kind])).toBe(before.bytes(Type.FLOAT) / (kind === 'uint8' ? 4 : 2))
        expect(now.bytes(Type.FLOAT)).toBe(0)
        const linear =
          keepQuantized === 'dequantize' && (kind === 'uint8' || (kind === 'uint16' && opset === 21))
        // The first convolution's scales have a sign and a zero now, and the matrix is left to Cast.
        expect(now.count('DequantizeLinear')).toBe(linear ? 3 : 0)
        const name = Object.keys(await runOnnx(whole, [x]))[0]!
        for (const outputs of [await runOnnx(kept, [x]), await onWeb(kept, x)])
          expect(difference(outputs[name]!.data, expected).absolute).toBeLessThanOrEqual(1e-6)
      })

  it('give the same maps as float32', async () => {
    const reference = await runOnnx(file({ cam: {} }), [x])
    for (const keepQuantized of FORMS) {
      const { cam } = await runOnnx(file({ cam: {}, keepQuantized }), [x])
      expect(difference(cam!.data, reference.cam!.data).relative).toBeLessThanOrEqual(1e-5)
    }
  })

  it.skipIf(checkerMissing)(`make legal files${checkerMissing ? `: ${checkerMissing}` : ''}`, () => {
    for (const keepQuantized of FORMS) expect(complaintOf(file({ keepQuantized, cam: {} }))).toBe('')
  })

  it('are not rounded besides', () => {
    expect(() => file({ keepQuantized: 'fold', dtype: 'fp16' })).toThrow(
      'unsupported-option: dtype fp16 rounds the weights that keepQuantized keeps; give one of the two',
    )
  })
})

it('weights that are stored as float32 are written as without the option', async () => {
  const artifacts = { ...(await quantisedArtifacts(network(), 'uint8')) }
  const plain = await tfl.loadLayersModel(tf.io.fromMemory(artifacts))
  let saved: tf.io.ModelArtifacts | undefined
  await plain.save(
    tf.io.withSaveHandler((given) => {
      saved = given
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } })
    }),
  )
  const source = () => readModelArtifacts(saved as Parameters<typeof readModelArtifacts>[0])
  expect(bytesOf(convert(source(), { keepQuantized: 'fold' }))).toEqual(bytesOf(convert(source())))
})

const README = fileURLToPath(new URL('../../export/README.md', import.meta.url))
const [BEGIN, END] = ['<!-- made by test/export/keep-quantised.test.ts -->', '<!-- end of kept weights -->']
const reachable = photoAtHand() && QUANTISED.every(({ path }) => path() !== undefined)
const offline = 'the npm registry cannot be reached'

describe('files of npm packages with quantised weights', () => {
  const rows = new Map<string, string>()
  const keyOf = ({ package: name, file }: RealFile) => `${name} \`${file}\``

  const worst = (outputs: Outputs, expected: readonly Float32Array[]): number =>
    Math.max(
      ...Object.values(outputs)
        .slice(0, expected.length)
        .map(({ data }, i) => {
          const { absolute, relative } = difference(data, expected[i]!)
          return Math.min(absolute, relative)
        }),
    )

  for (const real of QUANTISED)
    it.skipIf(!reachable)(
      `${keyOf(real)} agrees with tfjs in Node and on the web, its weights as they are${reachable ? '' : `: ${offline}`}`,
      async () => {
        const path = real.path()!
        const plain = bytesOf(convert(readModel(path)))
        const info = (await InferenceSession.create(plain, { logSeverityLevel: 3 })).inputMetadata[0]!
        const size = (info.isTensor ? info.shape : []).map((d) => (typeof d === 'number' ? d : 1))
        const bytes = info.isTensor && info.type === 'int32'
        const x = tf.tensor(await realInput(size, bytes), size, bytes ? 'int32' : 'float32')
        const expected = await tfjsAnswers(path, x)
        const sizes = [plain.length]
        const differences: number[] = []
        for (const keepQuantized of FORMS) {
          const kept = bytesOf(convert(readModel(path), { keepQuantized }))
          sizes.push(kept.length)
          differences.push(worst(await runOnnx(kept, [x]), expected))
          if (keepQuantized === 'fold' && !bytes) differences.push(worst(await onWeb(kept, x), expected))
        }
        expect(Math.max(...differences)).toBeLessThanOrEqual(1e-4)
        const stored = kindOf(path)
        expect(sizes[1]!).toBeLessThan(sizes[0]! * (stored === 'uint8' ? 0.35 : 0.55))
        const megabytes = sizes.slice(0, 2).map((n) => `${(n / 1e6).toFixed(1)} MB`)
        const cells = [keyOf(real), stored, ...megabytes, Math.max(...differences).toExponential(0)]
        rows.set(keyOf(real), `| ${cells.join(' | ')} |`)
      },
    )

  it.skipIf(!reachable)('are in the table of export/README.md; UPDATE_TABLE=1 writes it', () => {
    const head =
      '| file | weights | float32 | `--keep-quantized` | largest difference |\n|---|---|---|---|---|'
    const table = [head, ...QUANTISED.map((real) => rows.get(keyOf(real))!)].join('\n')
    const page = readFileSync(README, 'utf8')
    const [from, to] = [page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END)]
    if (process.env.UPDATE_TABLE) writeFileSync(README, `${page.slice(0, from)}\n${table}\n${page.slice(to)}`)
    // The differences are those of the machine that wrote the table.
    const settled = (text: string) => text.trim().replace(/ [^|]* \|$/gm, '')
    const written = readFileSync(README, 'utf8')
    expect(settled(written.slice(written.indexOf(BEGIN) + BEGIN.length, written.indexOf(END)))).toBe(
      settled(table),
    )
  })
})

/** How most weights of a file are stored. */
function kindOf(path: string): string {
  const file = path.endsWith('.json') ? path : `${path}/model.json`
  const { weightsManifest } = JSON.parse(readFileSync(file, 'utf8')) as tf.io.ModelJSON
  const kinds = weightsManifest.flatMap(({ weights }) =>
    weights.map(({ quantization }) => quantization?.dtype),
  )
  return kinds.find((kind) => kind !== undefined) ?? 'float32'
}
