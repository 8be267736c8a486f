import type { NodeProto } from 'onnx-buf'
import { OnnxModel } from './onnx-model.ts'
import { planOf } from './plan-of.ts'

/**
 * Whether two models have the same layers where 8-bit integers are concerned, weights and biases included: then what was measured of one holds for the other.
 * Temperature, description, lungs and operating points may differ.
 */
export function sameLayers(one: Uint8Array, other: Uint8Array): boolean {
  const [a, b] = [layersOf(one), layersOf(other)]
  if (a.measured.join() !== b.measured.join() || a.layers.length !== b.layers.length) return false
  return a.layers.every((layer, i) => {
    const twin = b.layers[i]!
    return (
      layer.output === twin.output && layer.constants.every((values, j) => equal(values, twin.constants[j]))
    )
  })
}

function layersOf(onnx: Uint8Array) {
  const model = new OnnxModel(onnx)
  const { nodes, corrected, measured } = planOf(model)
  const constantsOf = ({ input }: NodeProto) =>
    [input[1], input[2]].map((name) => model.constant(name ?? '')?.data)
  const integers = nodes.map(({ node, output }) => ({ output, constants: constantsOf(node) }))
  // A small dense layer stays in floats, and its bias is corrected all the same.
  const others = corrected.map((output) => ({ output, constants: constantsOf(model.producer(output)!) }))
  return { measured, layers: [...integers, ...others] }
}

function equal(one: Float32Array | undefined, other: Float32Array | undefined): boolean {
  if (!one || !other) return one === other
  return one.length === other.length && one.every((value, i) => value === other[i])
}
