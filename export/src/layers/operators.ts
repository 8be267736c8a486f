import { ConvertError } from '../errors.ts'
import { isObject, type Json, type JsonObject } from '../files/json.ts'

const isTensor = (json: Json | undefined): json is Json[] =>
  Array.isArray(json) && typeof json[0] === 'string'

/**
 * Keras 2 writes `x * 2.0` as a layer of class TFOpLambda that is called once, with the other operand among the options of the call:
 * `["x", 0, 0, {"y": 2.0, "name": null}]`. Here a number becomes an option of the layer, and a tensor its second input.
 * @throws ConvertError unsupported-option where the first operand is a constant, or it is called more than once
 */
export function withOperands(json: JsonObject): JsonObject {
  const refuse = (what: string): never => {
    throw new ConvertError(
      'unsupported-option',
      `layer "${String(json.name)}" (TFOpLambda): ${what}; supported: one call on a tensor and a tensor or a number`,
    )
  }
  const nodes = Array.isArray(json.inbound_nodes) ? json.inbound_nodes : []
  if (nodes.length !== 1) return refuse(`it is called ${nodes.length} times`)
  const [first] = nodes
  const call = isTensor(first) ? first : Array.isArray(first) && first.length === 1 ? first[0] : undefined
  if (!isTensor(call)) return refuse(`it is called with ${JSON.stringify(first).slice(0, 60)}`)
  const [layer, node, tensor, options] = call
  if (layer === '_CONSTANT_VALUE')
    return refuse(`its first operand is the constant ${JSON.stringify(tensor)}`)
  const { name: _, y, ...others } = isObject(options) ? options : {}
  const config = isObject(json.config) ? json.config : {}
  const number = y === undefined || isTensor(y) ? {} : { y }
  return {
    ...json,
    config: { ...others, ...number, ...config },
    inbound_nodes: [[[layer!, node!, tensor!], ...(isTensor(y) ? [y] : [])]],
  }
}
