import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConvertOptions, convert } from '@detl/export/convert'
import { writeWhole } from '@detl/export/graph/write'
import { readLayersModel } from '@detl/export/read-path'
import { verify } from '@detl/export/verify'
import * as tfl from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import { randomise } from './cases/case.ts'
import { saveToFolder } from './harness.ts'

const { layers } = tfl

/** Saves a model, converts it, and compares both. */
async function verified(model: tfl.Sequential, options: ConvertOptions = {}) {
  randomise(model, 12)
  const folder = await saveToFolder(model)
  const path = join(folder, 'model.onnx')
  writeWhole(path, convert(readLayersModel(folder), options))
  return verify(folder, path, { inputs: 2 })
}

describe('verify', () => {
  it('takes a right file as right where tfjs is wrong, and says so: batch normalisation on axis 1', async () => {
    const report = await verified(
      tfl.sequential({
        layers: [
          layers.conv2d({ filters: 4, kernelSize: 3, dataFormat: 'channelsFirst', inputShape: [2, 8, 8] }),
          layers.batchNormalization({ name: 'norm', axis: 1 }),
          layers.flatten(),
          layers.dense({ units: 2 }),
        ],
      }),
    )
    expect(report.agrees).toBe(true)
    expect(report.notes).toEqual([expect.stringMatching(/^layer "norm": tfjs 4.22 computes .* wrongly/)])
  })

  it('still finds a file of other weights there', async () => {
    const make = () =>
      tfl.sequential({ layers: [layers.batchNormalization({ axis: 1, inputShape: [3, 2], name: 'norm' })] })
    const [one, other] = [make(), make()]
    randomise(one, 1)
    randomise(other, 2)
    const folder = await saveToFolder(one)
    const path = join(folder, 'other.onnx')
    writeWhole(path, convert(readLayersModel(await saveToFolder(other))))
    expect((await verify(folder, path, { inputs: 1 })).agrees).toBe(false)
  })

  it('uses the other backend where WebAssembly has not an operation', async () => {
    const report = await verified(
      tfl.sequential({
        layers: [
          layers.conv3d({ filters: 2, kernelSize: 2, inputShape: [3, 3, 3, 1] }),
          layers.averagePooling3d({ poolSize: 2 }),
        ],
      }),
    )
    expect(report).toMatchObject({ agrees: true, notes: [] })
  })

  it('takes the size that a file was given, and outputs that were renamed', async () => {
    const model = tfl.sequential({
      layers: [
        layers.conv2d({ filters: 2, kernelSize: 3, inputShape: [null, null, 1] as never }),
        layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }),
        layers.dense({ name: 'cam', units: 3, activation: 'softmax' }),
      ],
    })
    const report = await verified(model, { cam: {}, inputSize: [9, 7] })
    expect(report).toMatchObject({ agrees: true, outputs: [{ name: 'cam_output' }] })
  })

  it('compares files of Keras 3, which tfjs cannot load, with the literal lowering, and says so', async () => {
    const [recorded] = (
      JSON.parse(readFileSync(new URL('../golden/keras3/keras3.json', import.meta.url), 'utf8')) as {
        name: string
        topology: object
        specs: object[]
        weights: string
      }[]
    ).filter(({ name }) => name === 'functional')
    const folder = mkdtempSync(join(tmpdir(), 'detl-verify-'))
    const { topology, specs, weights } = recorded!
    writeFileSync(join(folder, 'weights.bin'), Buffer.from(weights, 'base64'))
    writeFileSync(
      join(folder, 'model.json'),
      JSON.stringify({
        modelTopology: topology,
        weightsManifest: [{ paths: ['weights.bin'], weights: specs }],
      }),
    )
    const path = join(folder, 'model.onnx')
    writeWhole(path, convert(readLayersModel(folder)))
    const report = await verify(folder, path, { inputs: 1 })
    expect(report.agrees).toBe(true)
    expect(report.notes).toEqual([expect.stringContaining('literal lowering')])
  })
})
