import { backward } from '@detl/export/gradients/backward'
import { type GraphBuilder, transform } from '@detl/export/graph/builder'
import { foldConstants } from '@detl/export/graph/passes/fold-constants'
import { OPERATIONS } from '@detl/export/onnx/table'
import { float32, sizeOf } from '@detl/export/onnx/tensor'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { difference } from './harness.ts'
import { build, fileOf, free, noise, SAMPLES, type Sample, valuesOf } from './operation-samples.ts'

async function run(g: GraphBuilder, feeds: Record<string, Tensor>) {
  const session = await InferenceSession.create(fileOf(g), { logSeverityLevel: 3, intraOpNumThreads: 1 })
  const outputs = await session.run(feeds)
  await session.release()
  return outputs
}

const samplesWith = (wanted: 'gradient' | 'fold'): [string, Sample][] =>
  Object.entries(SAMPLES).filter(([op]) => OPERATIONS[op.split(' ')[0]!]?.[wanted])

it('every operation with a gradient or a value at export has a sample here', () => {
  const known = Object.keys(OPERATIONS).filter((op) => OPERATIONS[op]!.gradient || OPERATIONS[op]!.fold)
  expect(known.filter((op) => !SAMPLES[op])).toEqual([])
})

describe.each(Object.entries(SAMPLES))('%s', (op, sample) => {
  it('has the shape that ONNX Runtime gives it', async () => {
    const { g, y } = build(op, sample, (graph) => graph.input('x', 'float32', free(sample.shape)))
    g.output('y', y)
    const x = new Tensor('float32', valuesOf(sample.shape, sample.value ?? noise), sample.shape)
    const outputs = await run(g, { x })
    expect(y.shape.slice(1)).toEqual(outputs.y!.dims.slice(1))
  })
})

describe.each(samplesWith('fold').filter(([, { notFolded }]) => !notFolded))(
  '%s of constants',
  (op, sample) => {
    it('is computed at export as ONNX Runtime computes it', async () => {
      const values = valuesOf(sample.shape, sample.value ?? noise)
      const { g, y } = build(op, sample, (graph) => graph.constant(float32(sample.shape, values)))
      g.output('y', y)
      const folded = transform(g, foldConstants)
      expect(folded.nodes).toEqual([])
      const { y: expected } = await run(g, {})
      const got = folded.constantOf(folded.outputs.get('y'))!
      expect(got.shape).toEqual(expected!.dims)
      expect(difference(got.data as Float32Array, expected!.data as Float32Array).excess).toBeLessThanOrEqual(
        0,
      )
    })
  },
)

describe.each(samplesWith('gradient'))('the gradient of %s', (op, sample) => {
  it('is the central difference of what ONNX Runtime computes', async () => {
    const [n, ...rest] = sample.shape as [number, ...number[]]
    const cells = sizeOf(rest)
    // Two scores a sample, each a weighted sum of all that the operation gives.
    const { g, y, input } = build(op, sample, (graph) => graph.input('x', 'float32', free(sample.shape)))
    const width = sizeOf(y.shape.slice(1) as number[])
    const flat = g.op('Reshape', [y], { shape: [-1, width] })
    const weights = g.constant(float32([width, 2], valuesOf([width, 2], noise, 77)))
    const scores = g.op('MatMul', [flat, weights])
    g.output('scores', scores)
    g.output('gradient', backward(g, scores, input))
    const values = valuesOf(sample.shape, sample.value ?? noise)
    const at = async (data: Float32Array) =>
      run(g, { x: new Tensor('float32', data, [data.length / cells, ...rest]) })
    const { gradient } = await at(values)
    const step = 1e-2
    const [first] = [values.subarray(0, cells)]
    // One batch with each cell of the first item raised, then lowered.
    const moved = new Float32Array(2 * cells * cells)
    for (let i = 0; i < 2 * cells; i++) {
      moved.set(first, i * cells)
      moved[i * cells + (i % cells)]! += i < cells ? step : -step
    }
    const { scores: around } = await at(moved)
    const s = around!.data as Float32Array
    const expected = Float32Array.from({ length: 2 * cells }, (_, i) => {
      const [c, cell] = [Math.floor(i / cells), i % cells]
      return (s[2 * cell + c]! - s[2 * (cells + cell) + c]!) / (2 * step)
    })
    expect(n).toBe(2)
    const got = (gradient!.data as Float32Array).subarray(0, 2 * cells)
    expect(difference(got, expected, 5e-3, 5e-3).excess).toBeLessThanOrEqual(0)
  })
})
