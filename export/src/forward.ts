import { camLayer } from '@detl/core/cam/network'
import { OUTPUTS } from '@detl/core/model/tensor-names'
import { ConvertError } from './errors.ts'
import type { Rule } from './graph/rule.ts'
import type { LayersModel } from './layers/model.ts'
import { lastConvolution } from './layers/network.ts'
import { lower } from './lower.ts'
import { lowerNodes } from './lower-nodes.ts'
import type { Layers } from './lowering/context.ts'
import type { NodeRows } from './node-lowering/context.ts'
import type { GraphModel } from './nodes/model.ts'
import type { Builder, Value } from './onnx/ir.ts'
import { toFirst, toLast } from './pieces/layout.ts'
import { interfaceOf, isGraph, type Source } from './source.ts'

export interface ForwardOptions {
  readonly cam?: { readonly layer?: string; readonly output?: string }
  /** The tables that the model is lowered by. */
  readonly tables: { readonly layers: Layers; readonly nodes: NodeRows }
  /** The name of an output in the file, by its name in the model. */
  readonly outputName: (name: string) => string
}

/** What was lowered. */
export interface Forward {
  /** The layer or node whose output is the output `feature_maps`, where Grad-CAM is wanted. */
  readonly explained: string | undefined
  /** Is to be applied to the graph, and makes that output, where lowering did not. */
  readonly tap?: Rule
}

const MAPS = OUTPUTS.featureMaps

/** tfjs names outputs by their layers; two from one layer get a number. */
const numbered = (names: readonly string[]): string[] =>
  names.map((name, i) => {
    const before = names.slice(0, i).filter((other) => other === name).length
    return before === 0 ? name : `${name}_${before}`
  })

/**
 * Adds the whole model to a graph, literally, operation by operation; the explained layer's output is an output besides.
 * @param given the inputs, in the layout and type that tfjs takes
 * @throws ConvertError
 */
export function addForward(
  g: Builder,
  source: Source,
  given: readonly Value[],
  options: ForwardOptions,
): Forward {
  const { outputs } = interfaceOf(source)
  const names = numbered(outputs.map(({ name }) => name)).map(options.outputName)
  return isGraph(source)
    ? fromNodes(source, g, given, names, options)
    : fromLayers(source, g, given, names, options)
}

function fromLayers(
  source: LayersModel,
  g: Builder,
  given: readonly Value[],
  names: readonly string[],
  { cam, tables }: ForwardOptions,
): Forward {
  const explained = cam && (cam.layer ?? lastConvolution(source.model))
  const tap = explained === undefined ? undefined : { layer: explained, output: MAPS }
  const values = lower(source, tables.layers, g, given, tap)
  for (const [i, name] of names.entries()) g.output(name, values[i]!)
  return { explained }
}

function fromNodes(
  source: GraphModel,
  g: Builder,
  given: readonly Value[],
  names: readonly string[],
  { cam, outputName, tables }: ForwardOptions,
): Forward {
  const { outputs, networkOf, layerOf } = lowerNodes(source, tables.nodes, g, given)
  for (const [i, name] of names.entries()) g.output(name, outputs[i]!)
  if (!cam) return { explained: undefined }
  const scores = cam.output === undefined ? 0 : Math.max(0, names.indexOf(outputName(cam.output)))
  const network = networkOf(scores)
  const explained = cam.layer ?? camLayer(network)?.name
  const found = explained === undefined ? undefined : layerOf(explained)
  if (!found)
    throw new ConvertError(
      'no-gradient',
      explained === undefined
        ? 'the model has no convolution; name the node to explain with --cam-layer'
        : `there is no node "${explained}"; the model has ${network.map(({ name }) => name).join(', ')}`,
    )
  const { value, channelsFirst } = found
  if (value.shape.length < 3 || !g.producer(value))
    throw new ConvertError(
      'no-gradient',
      `node "${explained}" has no spatial output; choose a convolution or an activation after one`,
    )
  return { explained, tap: tapping(value, channelsFirst) }
}

/** Passes a value through ONNX's layout, [N,K,…], on its way to the outputs. */
const tapping =
  (wanted: Value, channelsFirst: boolean): Rule =>
  (node, inputs, { g }) => {
    const at = node.outputs.findIndex(({ name }) => name === wanted.name)
    if (at < 0) return undefined
    const rank = wanted.shape.length
    const outputs = [...g.multi(node.op, inputs, node.attributes, node.outputs.length)]
    const maps = channelsFirst
      ? g.op('Identity', [outputs[at]])
      : g.op('Transpose', [outputs[at]], { perm: toFirst(rank) })
    g.output(MAPS, maps)
    outputs[at] = channelsFirst ? maps : g.op('Transpose', [maps], { perm: toLast(rank) })
    return outputs
  }
