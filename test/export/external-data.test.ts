import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type ConvertOptions, conversionOf } from '@detl/export/convert'
import { writeWhole } from '@detl/export/graph/write'
import { readModelArtifacts } from '@detl/export/layers/read'
import { readLayersModel } from '@detl/export/read-path'
import { verify } from '@detl/export/verify'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import * as web from 'onnxruntime-web/wasm'
import { beforeAll, describe, expect, it } from 'vitest'
import { randomise } from './cases/case.ts'
import { bytesOf, runOnnx, saveToFolder, sourceOf } from './harness.ts'

const NAME = 'model.onnx.data'
const SHAPE = [2, 12, 12, 3]

describe('weights in a file beside the model', () => {
  let model: tfl.LayersModel
  let folder: string
  const x = tf.randomUniform(SHAPE, -1, 1, 'float32', 3)

  const write = async (options: ConvertOptions) => {
    const source = await sourceOf(model)
    const { parts, data } = conversionOf(source, { cam: {}, ...options })
    const out = join(folder, 'model.onnx')
    if (data.length > 0) writeWhole(join(folder, NAME), data)
    writeWhole(out, parts)
    return out
  }

  beforeAll(async () => {
    model = tfl.sequential({
      layers: [
        tfl.layers.conv2d({ filters: 16, kernelSize: 3, activation: 'relu', inputShape: [12, 12, 3] }),
        tfl.layers.flatten(),
        tfl.layers.dense({ units: 32, activation: 'relu' }),
        tfl.layers.dense({ units: 3, activation: 'softmax' }),
      ],
    })
    randomise(model, 3)
    folder = await saveToFolder(model)
  })

  it.each(['fp32', 'fp16'] as const)(
    'give ONNX Runtime in Node and on the web the same numbers as one file, in %s',
    async (dtype) => {
      const expected = await runOnnx(bytesOf(conversionOf(await sourceOf(model), { cam: {}, dtype }).parts), [
        x,
      ])
      const out = await write({ dtype, externalData: { name: NAME, when: 'always' } })
      expect(statSync(out).size).toBeLessThan(statSync(join(folder, NAME)).size / 4)
      const feeds = [Float32Array.from(x.dataSync()), SHAPE] as const
      const node = await InferenceSession.create(out, { logSeverityLevel: 3 })
      const fromNode = await node.run({ [node.inputNames[0]!]: new Tensor('float32', ...feeds) })
      const page = await web.InferenceSession.create(readFileSync(out), {
        externalData: [{ path: NAME, data: readFileSync(join(folder, NAME)) }],
      })
      const fromPage = await page.run({ [page.inputNames[0]!]: new web.Tensor('float32', ...feeds) })
      for (const [name, { data }] of Object.entries(expected)) {
        expect(fromNode[name]!.data).toEqual(data)
        for (const [i, value] of data.entries())
          expect((fromPage[name]!.data as Float32Array)[i]).toBeCloseTo(value, 5)
      }
    },
  )

  it('are found by verify', async () => {
    const out = await write({ externalData: { name: NAME, when: 'always' } })
    expect((await verify(folder, out, { inputs: 2 })).agrees).toBe(true)
  })

  it('stay in the model where they fit and are not asked for', async () => {
    const { data } = conversionOf(readLayersModel(folder), { externalData: { name: NAME } })
    expect(data).toEqual([])
  })

  it('leave the model by themselves where one ONNX file cannot hold them, or are refused by name', () => {
    const side = 2 ** 13
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    const { model } = readModelArtifacts({
      modelTopology: {
        class_name: 'Sequential',
        config: {
          layers: names.map((name) => ({
            class_name: 'Dense',
            config: { name, units: side, use_bias: false, batch_input_shape: [null, side] },
          })),
        },
      },
    })
    // Eight matrices of 256 MiB over the same memory, which nobody writes to.
    const kernel = { dtype: 'float32', shape: [side, side], data: new Float32Array(side * side) } as const
    const large = { model, weights: { find: () => kernel, names } }
    expect(() => conversionOf(large)).toThrow(
      /output-unwritable: the weights have 2\.0 GiB, and one ONNX file holds 2: name a file beside it/,
    )
    const { parts, data } = conversionOf(large, { externalData: { name: NAME } })
    const sizeOf = (list: readonly Uint8Array[]) => list.reduce((sum, { length }) => sum + length, 0)
    expect(sizeOf(data)).toBe(8 * side * side * 4)
    expect(sizeOf(parts)).toBeLessThan(1e5)
  })
})
