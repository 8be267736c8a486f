import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { convert } from '@detl/export/convert'
import { writeWhole } from '@detl/export/graph/write'
import { readModelArtifacts } from '@detl/export/layers/read'
import { readModel } from '@detl/export/read-path'
import { verify } from '@detl/export/verify'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { describe, expect, it } from 'vitest'
import { bytesOf, difference, runOnnx } from './harness.ts'

interface Values {
  readonly shape: number[]
  readonly data: number[]
}

/** A Keras 2 model in tfjs's form, and what Keras computed: see README.md beside the file. */
interface Recorded {
  readonly name: string
  readonly topology: object
  readonly specs: object[]
  readonly weights: string
  readonly inputs: Values[]
  readonly outputs: Values[]
}

const RECORDED = JSON.parse(
  readFileSync(new URL('../golden/keras2/keras2.json', import.meta.url), 'utf8'),
) as Recorded[]

const recordedOf = (name: string) => RECORDED.find((recorded) => recorded.name === name)!
const weightsOf = ({ weights }: Recorded) => Uint8Array.from(Buffer.from(weights, 'base64'))
const sourceOf = (recorded: Recorded) =>
  readModelArtifacts({
    modelTopology: recorded.topology,
    weightSpecs: recorded.specs,
    weightData: weightsOf(recorded).buffer,
  })

const REFUSED = {
  constant_first: /\(TFOpLambda\): its first operand is the constant 1; supported: one call/,
  other_function: /\(TFOpLambda\): function is "math.sin"; supported: __operators__.add, math.add/,
} as const

describe('what Keras 2 computes and tfjs does not', () => {
  const converted = RECORDED.filter(({ name }) => !(name in REFUSED))
  it.each(converted.map((recorded) => [recorded.name, recorded] as const))('%s', async (_, recorded) => {
    const inputs = recorded.inputs.map(({ shape, data }) => tf.tensor(data, shape))
    const outputs = Object.values(await runOnnx(bytesOf(convert(sourceOf(recorded))), inputs))
    expect(outputs).toHaveLength(recorded.outputs.length)
    for (const [i, { shape, data }] of recorded.outputs.entries()) {
      expect(outputs[i]!.dims).toEqual(shape)
      expect(difference(outputs[i]!.data, data, 1e-4, 2e-6).excess).toBeLessThanOrEqual(0)
    }
  })

  it.each(Object.entries(REFUSED))('%s is refused by name', (name, message) => {
    expect(() => convert(sourceOf(recordedOf(name)))).toThrow(message)
  })

  it.each(['mobilenet_end', 'squeeze_excite'])(
    '%s has maps of its last convolution with an extent',
    async (name) => {
      const recorded = recordedOf(name)
      const inputs = recorded.inputs.map(({ shape, data }) => tf.tensor(data, shape))
      const { cam, cam_weights, feature_maps } = await runOnnx(
        bytesOf(convert(sourceOf(recorded), { cam: {} })),
        inputs,
      )
      const [images, classes, rows, columns] = cam!.dims as [number, number, number, number]
      expect([classes, rows > 1, columns > 1]).toEqual([3, true, true])
      // By definition: relu(Σₖ αₖ Aₖ).
      const alpha = tf.tensor(cam_weights!.data, [images, classes, cam_weights!.dims[2]!])
      const maps = tf.tensor(feature_maps!.data, [images, cam_weights!.dims[2]!, rows * columns])
      expect(
        difference(cam!.data, tf.relu(tf.matMul(alpha, maps)).dataSync(), 1e-4, 2e-6).excess,
      ).toBeLessThanOrEqual(0)
      expect(Math.max(...cam!.data)).toBeGreaterThan(0)
    },
  )

  it.each(['mobilenet_end', 'squeeze_excite'])('verify says that tfjs cannot judge %s', async (name) => {
    const recorded = recordedOf(name)
    const folder = mkdtempSync(join(tmpdir(), 'detl-keras2-'))
    writeFileSync(join(folder, 'weights.bin'), weightsOf(recorded))
    writeFileSync(
      join(folder, 'model.json'),
      JSON.stringify({
        format: 'layers-model',
        modelTopology: recorded.topology,
        weightsManifest: [{ paths: ['weights.bin'], weights: recorded.specs }],
      }),
    )
    const out = join(folder, 'out.onnx')
    writeWhole(out, convert(readModel(folder)))
    const { agrees, notes } = await verify(folder, out)
    expect(agrees).toBe(true)
    expect(notes).toEqual([
      expect.stringMatching(
        /^tfjs has no keepdims and no operators as layers \(".+"\): .*figures of Keras 2\.15/,
      ),
    ])
  })
})
