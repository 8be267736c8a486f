import { join } from 'node:path'
import { buildGraph, conversionOf, convert } from '@detl/export/convert'
import { writeWhole } from '@detl/export/graph/write'
import { readGraphArtifacts } from '@detl/export/nodes/read'
import { readLayersModel, readModel } from '@detl/export/read-path'
import { verify } from '@detl/export/verify'
import { loadGraphModel } from '@tensorflow/tfjs-converter'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { describe, expect, it } from 'vitest'
import { bytesOf, difference, runOnnx } from './harness.ts'
import {
  type GraphParts,
  graphArtifacts,
  int,
  integer,
  ints,
  list,
  type NodeJson,
  savedGraph,
  text,
  texts,
  weights,
  yes,
} from './node-cases/case.ts'

const node = (
  name: string,
  op: string,
  input: readonly string[],
  attr: Readonly<Record<string, object>> = {},
): NodeJson => ({ name, op, input, attr })

const conv = (padding: string) => ({
  padding: text(padding),
  data_format: text('NHWC'),
  strides: list([1, 1, 1, 1]),
  dilations: list([1, 1, 1, 1]),
})

/** A classifier as Keras's converter leaves it: Flatten by a Reshape to [-1, …]; a side branch with squeeze and excitation. */
const CLASSIFIER: GraphParts = {
  inputs: { image: { shape: [null, 8, 8, 2], dtype: 'float32' } },
  constants: {
    k1: weights([3, 3, 2, 4]),
    b1: weights([4]),
    k2: weights([1, 1, 4, 4]),
    space: ints([1, 2]),
    flat: ints([-1, 144]),
    w: weights([144, 3], (i) => Math.sin(i) / 9),
    b: weights([3]),
  },
  nodes: [
    node('conv', '_FusedConv2D', ['image', 'k1', 'b1'], {
      ...conv('VALID'),
      fused_ops: texts('BiasAdd', 'Relu'),
      num_args: int(1),
    }),
    node('pooled', 'Mean', ['conv', 'space'], { keep_dims: yes }),
    node('gate', 'Conv2D', ['pooled', 'k2'], conv('SAME')),
    node('weight', 'Sigmoid', ['gate']),
    node('gated', 'Mul', ['conv', 'weight']),
    node('flatten', 'Reshape', ['gated', 'flat']),
    node('dense', '_FusedMatMul', ['flatten', 'w', 'b'], { fused_ops: texts('BiasAdd'), num_args: int(1) }),
    node('scores', 'Softmax', ['dense']),
  ],
  outputs: ['scores'],
}

const sourceOf = (parts: GraphParts) => readGraphArtifacts(graphArtifacts(parts))
const tfjsOf = (parts: GraphParts) => loadGraphModel(tf.io.fromMemory(graphArtifacts(parts)))
const run = (parts: GraphParts, inputs: readonly tf.Tensor[], options = {}) =>
  runOnnx(bytesOf(convert(sourceOf(parts), options)), inputs)

describe('Grad-CAM of a GraphModel', () => {
  it('explains the last convolution with a spatial extent, by its own name', () => {
    expect(conversionOf(sourceOf(CLASSIFIER), { cam: {} }).explained).toBe('conv')
  })

  it('is what tfjs’s gradient of the scores by that node gives', async () => {
    const x = tf.randomUniform<tf.Rank.R4>([2, 8, 8, 2], -1, 1, 'float32', 5)
    const outputs = await run(CLASSIFIER, [x], { cam: {} })
    const model = await tfjsOf(CLASSIFIER)
    const [maps, logits] = model.execute({ image: x }, ['conv', 'dense']) as tf.Tensor[]
    expect(difference(outputs.logits!.data, logits!.dataSync()).excess).toBeLessThanOrEqual(0)
    const score = (c: number) => (a: tf.Tensor) =>
      tf.sum(tf.slice(model.execute({ image: x, conv: a }, 'dense') as tf.Tensor2D, [0, c], [-1, 1]))
    const cams = [0, 1, 2].map((c) => {
      const alpha = tf.mean(tf.grad(score(c))(maps!), [1, 2], true)
      return tf.relu(tf.sum(tf.mul(alpha, maps!), -1))
    })
    expect(outputs.cam!.dims).toEqual([2, 3, 6, 6])
    expect(difference(outputs.cam!.data, tf.stack(cams, 1).dataSync()).excess).toBeLessThanOrEqual(0)
  })

  it('names the nodes where the one asked for does not exist', () => {
    expect(() => convert(sourceOf(CLASSIFIER), { cam: { layer: 'nowhere' } })).toThrow(
      /no-gradient: there is no node "nowhere"; the model has conv, pooled, gate/,
    )
  })
})

/** Sizes that the graph itself computes, as Keras's Reshape and Flatten layers leave them. */
const COMPUTED: GraphParts = {
  inputs: { x: { shape: [null, 4, 6, 2], dtype: 'float32' } },
  constants: {
    zero: ints([0]),
    one: ints([1]),
    rest: integer(-1),
    two: integer(2),
  },
  nodes: [
    node('shape', 'Shape', ['x']),
    node('batch', 'StridedSlice', ['shape', 'zero', 'one', 'one'], { shrink_axis_mask: int(1) }),
    node('target', 'Pack', ['batch', 'rest', 'two'], { N: int(3) }),
    node('y', 'Reshape', ['x', 'target']),
  ],
  outputs: ['y'],
}

describe('sizes that the graph computes', () => {
  it('are computed at export where only the batch is free', async () => {
    const x = tf.randomUniform([3, 4, 6, 2], -1, 1, 'float32', 5)
    const outputs = await run(COMPUTED, [x])
    expect(outputs.y!.dims).toEqual([3, 24, 2])
    expect(outputs.y!.data).toEqual(x.dataSync())
    expect(buildGraph(sourceOf(COMPUTED)).graph.nodes.map(({ op }) => op)).toEqual(['Reshape'])
  })

  it('are computed at run time where more is free', async () => {
    const free: GraphParts = {
      inputs: { x: { shape: [null, null, null, 2], dtype: 'float32' } },
      constants: { ...COMPUTED.constants, three: ints([3]) },
      nodes: [
        node('shape', 'Shape', ['x']),
        node('space', 'StridedSlice', ['shape', 'one', 'three', 'one']),
        node('sides', 'Unpack', ['space'], { num: int(2) }),
        node('batch', 'StridedSlice', ['shape', 'zero', 'one', 'one'], { shrink_axis_mask: int(1) }),
        node('target', 'Pack', ['batch', 'sides:1', 'sides', 'two'], { N: int(4) }),
        node('y', 'Reshape', ['x', 'target']),
      ],
      outputs: ['y'],
    }
    const x = tf.randomUniform([3, 4, 6, 2], -1, 1, 'float32', 5)
    const outputs = await run(free, [x])
    expect(outputs.y!.dims).toEqual([3, 6, 4, 2])
    expect(outputs.y!.data).toEqual(x.dataSync())
  })
})

describe('a GraphModel as a file', () => {
  it('is read by readModel, converted and verified', async () => {
    const folder = savedGraph(CLASSIFIER)
    const out = join(folder, 'out.onnx')
    writeWhole(out, convert(readModel(folder), { cam: {} }))
    const report = await verify(folder, out, { inputs: 2 })
    expect(report.agrees).toBe(true)
    expect(report.outputs.map(({ name }) => name)).toEqual(['scores'])
  })

  it('is refused by readLayersModel, which says what it is', () => {
    expect(() => readLayersModel(savedGraph(CLASSIFIER))).toThrow(
      /model-unsupported: the file is a tfjs GraphModel/,
    )
  })

  it('takes inputs with channels first where that is asked for', async () => {
    const x = tf.randomUniform([2, 8, 8, 2], -1, 1, 'float32', 5)
    const last = await run(CLASSIFIER, [x])
    const first = await run(CLASSIFIER, [tf.transpose(x, [0, 3, 1, 2])], { inputLayout: 'nchw' })
    expect(difference(first.scores!.data, last.scores!.data).excess).toBeLessThanOrEqual(0)
  })
})

describe('a GraphModel that does not convert', () => {
  const withNodes = (...nodes: NodeJson[]): GraphParts => ({
    ...CLASSIFIER,
    nodes: [...CLASSIFIER.nodes, ...nodes],
    outputs: [nodes.at(-1)!.name],
  })

  it('names all operations of control flow and of lists at once', () => {
    const loop = withNodes(
      node('enter', 'Enter', ['dense']),
      node('merge', 'Merge', ['enter', 'next']),
      node('next', 'NextIteration', ['merge']),
      node('list', 'TensorListStack', ['merge', 'space']),
    )
    expect(() => convert(sourceOf(loop))).toThrow(
      /model-unsupported: .*control flow \(loops and branches\): Enter, Merge, NextIteration; lists of tensors, which loops fill: TensorListStack/,
    )
  })

  it('names all operations that have no row', () => {
    const odd = withNodes(node('a', 'Bucketise', ['dense']), node('b', 'Quantify', ['a']))
    expect(() => convert(sourceOf(odd))).toThrow(/unknown-layer: .*operations Bucketise, Quantify/)
  })

  it('names an attribute that nothing reads', () => {
    const odd = withNodes(node('a', 'Relu', ['dense'], { threshold: int(3) }))
    expect(() => convert(sourceOf(odd))).toThrow(/node "a" \(Relu\): threshold is \{"i":"3"\}/)
  })

  it('does not mind operations that no output needs', () => {
    const unused = { ...CLASSIFIER, nodes: [...CLASSIFIER.nodes, node('enter', 'Enter', ['dense'])] }
    expect(() => convert(sourceOf(unused))).not.toThrow()
  })

  it('says which number is not known at export', () => {
    const odd = withNodes(
      node('places', 'Cast', ['image'], { DstT: { type: 'DT_INT32' } }),
      node('a', 'Mean', ['conv', 'places']),
    )
    expect(() => convert(sourceOf(odd))).toThrow(/node "a" \(Mean\): its axis is computed at run time/)
  })
})
