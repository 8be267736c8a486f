import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addExportCommands } from '@detl/export/commands'
import { convert } from '@detl/export/convert'
import { readModelArtifacts } from '@detl/export/layers/read'
import * as tf from '@tensorflow/tfjs-core'
import { Command } from 'commander'
import '@tensorflow/tfjs-backend-cpu'
import { readGraphArtifacts } from '@detl/export/nodes/read'
import { loadGraphModel, registerOp } from '@tensorflow/tfjs-converter'
import { describe, expect, it } from 'vitest'
import { bytesOf, difference, runOnnx } from './harness.ts'
import {
  type GraphParts,
  graphArtifacts,
  int,
  ints,
  list,
  savedGraph,
  text,
  weights,
} from './node-cases/case.ts'

/** conv → MultiplyBeta → pooling, with a kernel of ones. */
const topology = (...custom: string[]) => ({
  class_name: 'Sequential',
  config: {
    name: 'custom',
    layers: [
      {
        class_name: 'Conv2D',
        config: {
          name: 'conv',
          filters: 1,
          kernel_size: 1,
          use_bias: false,
          batch_input_shape: [null, 2, 2, 1],
        },
      },
      ...custom.map((name) => ({ class_name: name, config: { name, beta: 0.5 } })),
      { class_name: 'GlobalAveragePooling2D', config: { name: 'pool' } },
    ],
  },
})
const specs = [{ name: 'conv/kernel', shape: [1, 1, 1, 1], dtype: 'float32' }]
const source = (...custom: string[]) =>
  readModelArtifacts({
    modelTopology: topology(...custom),
    weightSpecs: specs,
    weightData: Float32Array.of(1).buffer,
  })

/** `detl convert` with these arguments. */
async function detlConvert(...args: string[]): Promise<void> {
  const program = new Command()
  addExportCommands(program, () => Promise.resolve())
  await program.parseAsync(['convert', ...args], { from: 'user' })
}

it('a custom layer is converted by the lowering that is given, with its gradient', async () => {
  const bytes = convert(source('MultiplyBeta'), {
    layers: {
      MultiplyBeta: {
        lower: ({ config }, [x], { g }) => [g.op('Mul', [x!, g.number(config.number('beta'))])],
      },
    },
    cam: { layer: 'conv' },
  })
  const outputs = await runOnnx(bytesOf(bytes), [tf.tensor([1, 2, 3, 4], [1, 2, 2, 1])])
  expect([...outputs.pool!.data]).toEqual([1.25])
  // ∂ mean(x / 2) / ∂x is ⅛ everywhere.
  expect([...outputs.cam!.data]).toEqual([0.125, 0.25, 0.375, 0.5])
})

it('all unknown classes are named at once', () => {
  expect(() => convert(source('MultiplyBeta', 'PixelShuffle', 'MultiplyBeta'))).toThrow(
    /unknown-layer: .*"MultiplyBeta".*"PixelShuffle".*no lowering for these classes.*--layers/,
  )
})

it('the command reads them from a module', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'detl-layers-'))
  writeFileSync(
    join(dir, 'layers.mjs'),
    'export default { Twice: { lower: (_, [x], { g }) => [g.op("Add", [x, x])] } }',
  )
  writeFileSync(join(dir, 'weights.bin'), new Uint8Array(Float32Array.of(1).buffer))
  writeFileSync(
    join(dir, 'model.json'),
    JSON.stringify({
      modelTopology: {
        class_name: 'Sequential',
        config: { layers: [topology().config.layers[0], { class_name: 'Twice', config: { name: 'twice' } }] },
      },
      weightsManifest: [{ paths: ['weights.bin'], weights: specs }],
    }),
  )
  const out = join(dir, 'out.onnx')
  await detlConvert(dir, out, '--layers', join(dir, 'layers.mjs'))
  const outputs = await runOnnx(readFileSync(out), [tf.tensor([1, 2, 3, 4], [1, 2, 2, 1])])
  expect([...outputs.twice!.data]).toEqual([2, 4, 6, 8])
})

describe('a custom operation of a GraphModel', () => {
  const graph = {
    inputs: { image: { shape: [null, 4, 4, 1], dtype: 'float32' as const } },
    constants: { kernel: weights([1, 1, 1, 2]), space: ints([1, 2]) },
    nodes: [
      {
        name: 'conv',
        op: 'Conv2D',
        input: ['image', 'kernel'],
        attr: {
          padding: text('VALID'),
          data_format: text('NHWC'),
          strides: list([1, 1, 1, 1]),
          dilations: list([1, 1, 1, 1]),
        },
      },
      { name: 'swish', op: 'ScaledSwish', input: ['conv'], attr: { factor: int(3) } },
      { name: 'scores', op: 'Mean', input: ['swish', 'space'], attr: {} },
    ],
    outputs: ['scores'],
  } satisfies GraphParts
  const source = () => readGraphArtifacts(graphArtifacts(graph))
  const x = tf.randomUniform([1, 4, 4, 1], -1, 1, 'float32', 2)

  it('is converted by the lowering that is given, with its gradient, and agrees with tfjs', async () => {
    registerOp('ScaledSwish', ({ inputs: [z], attrs }) =>
      tf.mul(tf.mul(z!, tf.sigmoid(z!)), attrs.factor as number),
    )
    const model = await loadGraphModel(tf.io.fromMemory(graphArtifacts(graph)))
    const expected = model.predict(x) as tf.Tensor
    const bytes = convert(source(), {
      operations: {
        ScaledSwish: {
          lower: ({ attributes }, [z], { g }) => [
            g.op('Mul', [g.op('Mul', [z!, g.op('Sigmoid', [z!])]), g.number(attributes.int('factor'))]),
          ],
        },
      },
      cam: {},
    })
    const { scores, cam } = await runOnnx(bytesOf(bytes), [x])
    expect(difference(scores!.data, expected.dataSync()).absolute).toBeLessThan(1e-6)
    expect(cam!.dims).toEqual([1, 2, 4, 4])
  })

  it('is read from a module by the command, with its gradient', async () => {
    const dir = savedGraph(graph)
    const rows = join(dir, 'operations.mjs')
    writeFileSync(
      rows,
      `export default {
        ScaledSwish: {
          lower: ({ attributes }, [z], { g }) => [
            g.op('Mul', [g.op('Mul', [z, g.op('Sigmoid', [z])]), g.number(attributes.int('factor'))]),
          ],
        },
      }`,
    )
    const out = join(dir, 'out.onnx')
    await detlConvert(dir, out, '--cam', '--layers', rows)
    const { scores, cam } = await runOnnx(readFileSync(out), [x])

    const z = tf.conv2d(
      x as tf.Tensor4D,
      tf.tensor([...graph.constants.kernel.constant], [1, 1, 1, 2]),
      1,
      'valid',
    )
    const expected = tf.mean(tf.mul(3, tf.mul(z, tf.sigmoid(z))), [1, 2])
    expect(difference(scores!.data, expected.dataSync()).absolute).toBeLessThan(1e-6)
    expect(cam!.dims).toEqual([1, 2, 4, 4])
    expect(Math.max(...cam!.data)).toBeGreaterThan(0)
  })

  it('is named where there is no lowering, with what to do', () => {
    expect(() => convert(source())).toThrow(
      "unknown-layer: there is no lowering for the operation ScaledSwish; the table is docs/onnx-support.md, and --layers (operations in ConvertOptions) adds lowerings of one's own",
    )
  })
})
