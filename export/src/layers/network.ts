import { camLayer, type NetworkLayer } from '@detl/core/cam/network'
import { ConvertError } from '../errors.ts'
import type { Model } from './model.ts'

/** Options are read in snake_case, whichever way the file writes them (`json.ts`). */
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/**
 * A model as core looks at a network: the layers of nested models in place of these, named as `model/layer`.
 * @returns the layers in the order of their calls
 */
export function networkOf(model: Model): NetworkLayer[] {
  const layers: NetworkLayer[] = []
  addCalls(model, '', new Map(), layers)
  return layers
}

/** @param producers for each tensor of the model: the key of the layer that makes it */
function addCalls(
  model: Model,
  path: string,
  producers: Map<string, string>,
  layers: NetworkLayer[],
): Map<string, string> {
  // The second output of a layer, and those behind it, end in its number.
  const producerOf = (key: string) => producers.get(key) ?? producers.get(key.replace(/\.\d+$/, '')) ?? key
  for (const { layer, inputs, output } of model.calls) {
    const read = inputs.map(producerOf)
    if (layer.model) {
      const given = new Map(layer.model.inputs.map(({ key }, i) => [key, read[i]!]))
      const made = addCalls(layer.model, `${path}${output}/`, given, layers)
      for (const [i, { key }] of layer.model.outputs.entries())
        producers.set(i === 0 ? output : `${output}.${i}`, made.get(key) ?? key)
      continue
    }
    const key = path + output
    producers.set(output, key)
    layers.push({
      key,
      name: layer.path.slice(1).join('/'),
      className: layer.className,
      inputs: read,
      option: (name) => layer.config.json[snake(name)],
    })
  }
  return producers
}

/** Name of the layer that is explained unless told otherwise. @throws ConvertError where the model has no convolution */
export function lastConvolution(model: Model): string {
  const found = camLayer(networkOf(model))
  if (found) return found.name
  throw new ConvertError(
    'no-gradient',
    'the model has no convolution; name the layer to explain with --cam-layer',
  )
}
