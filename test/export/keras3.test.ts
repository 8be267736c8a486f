import { readFileSync } from 'node:fs'
import { convert } from '@detl/export/convert'
import { readModelArtifacts } from '@detl/export/layers/read'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { describe, expect, it } from 'vitest'
import { bytesOf, difference, runOnnx } from './harness.ts'

interface Values {
  readonly shape: number[]
  readonly data: number[]
}

/** What `tensorflowjs_converter` wrote of a Keras 3 model, and what Keras computed: see README.md beside the file. */
interface Recorded {
  readonly name: string
  readonly file: 'keras' | 'h5'
  readonly topology: object
  readonly specs: object[]
  readonly weights: string
  readonly inputs: Values[]
  readonly outputs: Values[]
}

const RECORDED = JSON.parse(
  readFileSync(new URL('../golden/keras3/keras3.json', import.meta.url), 'utf8'),
) as Recorded[]

const sourceOf = ({ topology, specs, weights }: Recorded) =>
  readModelArtifacts({
    modelTopology: topology,
    weightSpecs: specs,
    weightData: Uint8Array.from(Buffer.from(weights, 'base64')).buffer,
  })

describe('files of Keras 3 give what Keras 3 computes', () => {
  it.each(RECORDED.map((recorded) => [`${recorded.name}, from .${recorded.file}`, recorded] as const))(
    '%s',
    async (_, recorded) => {
      const inputs = recorded.inputs.map(({ shape, data }) => tf.tensor(data, shape))
      const outputs = Object.values(await runOnnx(bytesOf(convert(sourceOf(recorded))), inputs))
      expect(outputs).toHaveLength(recorded.outputs.length)
      for (const [i, { shape, data }] of recorded.outputs.entries()) {
        expect(outputs[i]!.dims).toEqual(shape)
        expect(difference(outputs[i]!.data, data, 1e-4, 2e-6).excess).toBeLessThanOrEqual(0)
      }
    },
  )
})

/** A recorded file with one option changed. */
const changed = (name: string, className: string, options: object) => {
  const recorded = structuredClone(RECORDED.find((one) => one.name === name)!)
  const visit = (json: unknown): void => {
    if (typeof json !== 'object' || json === null) return
    const node = json as { class_name?: string; config?: object }
    if (node.class_name === className && node.config) Object.assign(node.config, options)
    for (const value of Object.values(json)) visit(value)
  }
  visit(recorded.topology)
  return () => convert(sourceOf(recorded))
}

describe('what is not known of a layer is refused, never dropped:', () => {
  it('an option that no lowering reads', () => {
    expect(changed('leaky', 'LeakyReLU', { curvature: 2 })).toThrow(
      /unsupported-option: layer "leaky_re_lu.*" \(LeakyReLU\): curvature is 2; supported: alpha/,
    )
  })

  it('one that says nothing is taken', () => {
    expect(changed('leaky', 'LeakyReLU', { curvature: null, bent: false })).not.toThrow()
  })

  it('an activation that there is not', () => {
    expect(changed('groups', 'Conv2D', { activation: 'sparsemax' })).toThrow(
      /activation is "sparsemax"; supported: linear, relu/,
    )
  })

  it('a call with an option', () => {
    const recorded = structuredClone(RECORDED.find(({ name }) => name === 'functional')!)
    const text = JSON.stringify(recorded.topology).replace(
      '"kwargs":{"mask":null}',
      '"kwargs":{"training":true}',
    )
    expect(() => convert(sourceOf({ ...recorded, topology: JSON.parse(text) as object }))).toThrow(
      /it is called with training = true/,
    )
  })
})
