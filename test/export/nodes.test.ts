import { convert, PASSES } from '@detl/export/convert'
import { NODES } from '@detl/export/node-lowering/table'
import { readGraphArtifacts } from '@detl/export/nodes/read'
import { loadGraphModel } from '@tensorflow/tfjs-converter'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { describe, expect, it } from 'vitest'
import { bytesOf, difference, runOnnx } from './harness.ts'
import { artifactsOf, type NodeCase } from './node-cases/case.ts'
import { elementCases } from './node-cases/elements.ts'
import { imageCases } from './node-cases/images.ts'
import { dynamicCases, tensorCases } from './node-cases/tensors.ts'

const CASES = [...imageCases, ...elementCases, ...tensorCases, ...dynamicCases]

/** What is no operation of its own: a placeholder's default, and names of others. */
const UNTESTED = ['PlaceholderWithDefault', 'PreventGradient', 'Inv', 'LogicalXor']

function inputsOf({ inputs }: NodeCase): tf.Tensor[] {
  return inputs.flatMap((input) => {
    if ('constant' in input) return []
    const n = input.shape.reduce((a, b) => a * b, 1)
    return [
      tf.tensor(
        Array.from({ length: n }, (_, i) => input.value(i)),
        [...input.shape],
        input.dtype,
      ),
    ]
  })
}

async function withTfjs(one: NodeCase, inputs: readonly tf.Tensor[]): Promise<tf.Tensor[]> {
  const model = await loadGraphModel(tf.io.fromMemory(artifactsOf(one)))
  const feeds = Object.fromEntries(model.inputs.map(({ name }, i) => [name, inputs[i]!]))
  return [await model.executeAsync(feeds)].flat()
}

it('every operation of the table has a case here, but for refused ones', () => {
  const tested = new Set(CASES.map(({ op }) => op))
  const lowered = Object.keys(NODES).filter((op) => NODES[op]!.refused === undefined)
  expect(lowered.filter((op) => !tested.has(op) && !UNTESTED.includes(op))).toEqual([])
})

describe.each(CASES.map((one) => [`${one.op} ${one.title}`.trim(), one] as const))('%s', (_, one) => {
  it.each([
    ['', {}],
    [', without passes', { without: PASSES }],
  ])('computes what tfjs computes%s', async (__, options) => {
    const inputs = inputsOf(one)
    const expected = await withTfjs(one, inputs)
    const outputs = Object.values(
      await runOnnx(bytesOf(convert(readGraphArtifacts(artifactsOf(one)), options)), inputs),
    )
    expect(outputs).toHaveLength(expected.length)
    for (const [i, { dims, data }] of outputs.entries()) {
      expect(dims).toEqual(expected[i]!.shape)
      expect(difference(data, expected[i]!.dataSync()).excess).toBeLessThanOrEqual(0)
    }
  })
})
