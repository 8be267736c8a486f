import { ConvertError } from '../errors.ts'
import type { Dim, DType } from '../onnx/ir.ts'
import { isObject, type Json, type JsonObject } from './json.ts'
import { type Call, Config, type Layer, type Model, type ModelInput } from './model.ts'

const MODELS = new Set(['Sequential', 'Model', 'Functional'])
const wrong = (what: string, code: 'model-unreadable' | 'model-unsupported' = 'model-unreadable'): never => {
  throw new ConvertError(code, what)
}

const objectAt = (json: JsonObject, key: string, owner: string): JsonObject => {
  const value = json[key]
  return isObject(value) ? value : wrong(`${owner} has no "${key}"`)
}

/** Reads `{class_name, config}`, in snake_case, as a layer; nested models and wrapped layers are read with it. */
function readLayer(json: Json | undefined, path: readonly string[]): Layer {
  const where = path.length > 0 ? `model "${path.join('/')}"` : 'the model'
  if (!isObject(json) || typeof json.class_name !== 'string')
    return wrong(`${where} has a layer without a class name`)
  const className = json.class_name.split('>').at(-1)!
  const raw = Array.isArray(json.config)
    ? { layers: json.config }
    : objectAt(json, 'config', `a ${className} in ${where}`)
  const name = String(json.name ?? raw.name ?? className.toLowerCase())
  const full = [...path, name]
  const layer = { name, className, path: full, config: new Config(raw, `layer "${name}" (${className})`) }
  if (MODELS.has(className)) return { ...layer, model: readModel({ ...json, config: raw, name }, path) }
  const inner: Layer[] = []
  if (isObject(raw.layer)) inner.push(readLayer(raw.layer, full))
  if (isObject(raw.backward_layer)) inner.push(readLayer(raw.backward_layer, full))
  if (isObject(raw.cell)) inner.push(readLayer(raw.cell, full))
  if (Array.isArray(raw.cells)) for (const cell of raw.cells) inner.push(readLayer(cell, full))
  return inner.length > 0 ? { ...layer, inner } : layer
}

const DTYPES: Record<string, DType> = { float32: 'float32', int32: 'int32', bool: 'bool' }

function inputOf(layer: Layer, key: string): ModelInput | undefined {
  const { json } = layer.config
  const shape = json.batch_input_shape ?? json.batch_shape
  const list = Array.isArray(shape)
    ? shape
    : Array.isArray(json.input_shape)
      ? [null, ...json.input_shape]
      : undefined
  if (!list) return undefined
  const dims = list.map((d, i): Dim => (i === 0 || typeof d !== 'number' || d < 0 ? null : d))
  return { name: layer.name, key, shape: dims, dtype: DTYPES[String(json.dtype ?? 'float32')] ?? 'float32' }
}

function readSequential(name: string, config: JsonObject, path: readonly string[]): Model {
  const list = config.layers
  if (!Array.isArray(list) || list.length === 0) return wrong(`model "${name}" has no layers`)
  const layers = list.map((json) => readLayer(json, path))
  const first = layers[0]!
  const key = 'input'
  const declared = inputOf(first, key) ?? innermostInput(first, key)
  const built = config.build_input_shape
  const shape = Array.isArray(built)
    ? built.map((d, i): Dim => (i === 0 || typeof d !== 'number' ? null : d))
    : undefined
  const inputName = first.className === 'InputLayer' ? first.name : `${first.name}_input`
  const input = declared
    ? { ...declared, name: inputName }
    : { name: inputName, key, shape, dtype: 'float32' as const }
  const calls: Call[] = []
  let previous = key
  layers.forEach((layer, i) => {
    if (layer.className === 'InputLayer') return
    const output = `${i}:${layer.name}`
    calls.push({ layer, inputs: [previous], output })
    previous = output
  })
  return { name, inputs: [input], calls, outputs: [{ name: layers.at(-1)!.name, key: previous }] }
}

/** A Sequential may begin with a nested model, whose own input then is the outer one's. */
const innermostInput = (layer: Layer, key: string): ModelInput | undefined => {
  const input = layer.model?.inputs.length === 1 ? layer.model.inputs[0] : undefined
  return input?.shape ? { ...input, key } : undefined
}

interface Inbound {
  readonly layer: string
  readonly node: number
  readonly tensor: number
}

const inbound = (json: Json, owner: string): Inbound => {
  if (!Array.isArray(json) || typeof json[0] !== 'string')
    return wrong(`${owner}: its inputs are not [layer, node, tensor] as Keras 2 writes them`)
  return { layer: json[0], node: Number(json[1] ?? 0), tensor: Number(json[2] ?? 0) }
}

/** `[["a",0,0]]` or, for one, `["a",0,0]`. */
const references = (json: Json | undefined, owner: string): Inbound[] => {
  if (!Array.isArray(json)) return wrong(`${owner} is missing`)
  return typeof json[0] === 'string' ? [inbound(json, owner)] : json.map((item) => inbound(item, owner))
}

function readFunctional(name: string, config: JsonObject, path: readonly string[]): Model {
  const list = config.layers
  if (!Array.isArray(list)) return wrong(`model "${name}" has no layers`)
  const layers = new Map<string, Layer>()
  const pending: { layer: Layer; node: number; inputs: Inbound[] }[] = []
  const known = new Set<string>()
  const inputs = new Map<string, ModelInput>()
  const keyOf = (ref: Inbound) => `${ref.layer}#${ref.node}`
  for (const json of list) {
    const layer = readLayer(json, path)
    layers.set(layer.name, layer)
    const nodes = isObject(json) && Array.isArray(json.inbound_nodes) ? json.inbound_nodes : []
    if (layer.className === 'InputLayer') {
      const key = `${layer.name}#0`
      const input = inputOf(layer, key)
      if (!input) wrong(`input "${layer.name}" of model "${name}" has no shape`)
      else inputs.set(layer.name, input)
      known.add(key)
    }
    nodes.forEach((node, i) => {
      const owner = `layer "${layer.name}" (${layer.className})`
      if (Array.isArray(node) && node.length === 0) return
      pending.push({ layer, node: i, inputs: references(node, owner) })
    })
  }
  // A nested model has one call of its own before the first in this model: some writers count it, some don't.
  const calledFrom = new Map<string, number>()
  const all = [
    ...pending.flatMap((call) => call.inputs),
    ...references(config.output_layers, 'output_layers'),
  ]
  for (const ref of all) {
    const calls = pending.filter((call) => call.layer.name === ref.layer).length
    if (layers.get(ref.layer)?.model && ref.node >= calls && ref.node > 0) calledFrom.set(ref.layer, 1)
  }
  const resolve = (ref: Inbound): string => {
    if (!layers.has(ref.layer))
      wrong(`model "${name}" refers to a layer "${ref.layer}" that it does not have`)
    return `${keyOf({ ...ref, node: ref.node - (calledFrom.get(ref.layer) ?? 0) })}${ref.tensor > 0 ? `.${ref.tensor}` : ''}`
  }
  const calls: Call[] = []
  while (pending.length > 0) {
    const at = pending.findIndex((call) => call.inputs.every((ref) => known.has(resolve(ref).split('.')[0]!)))
    if (at < 0)
      return wrong(`model "${name}": the inputs of layer "${pending[0]!.layer.name}" are never made`)
    const [call] = pending.splice(at, 1)
    const output = `${call!.layer.name}#${call!.node}`
    known.add(output)
    calls.push({ layer: call!.layer, inputs: call!.inputs.map(resolve), output })
  }
  const used = references(config.input_layers, 'input_layers').map(
    (ref) => inputs.get(ref.layer) ?? wrong(`model "${name}": input "${ref.layer}" is not an input layer`),
  )
  const outputs = references(config.output_layers, 'output_layers').map((ref) => ({
    name: ref.layer,
    key: resolve(ref),
  }))
  return { name, inputs: used, calls, outputs }
}

/** Reads a model topology in snake_case: `{class_name, config}` of a Sequential or functional model. */
export function readModel(json: JsonObject, path: readonly string[] = []): Model {
  const className = String(json.class_name).split('>').at(-1)!
  if (!MODELS.has(className))
    return wrong(
      `the model is of class ${JSON.stringify(json.class_name)}; supported: Sequential, Functional, Model`,
      'model-unsupported',
    )
  const config = Array.isArray(json.config) ? { layers: json.config } : objectAt(json, 'config', 'the model')
  const name = String(json.name ?? config.name ?? 'model')
  const inside = [...path, name]
  return className === 'Sequential' && !Array.isArray(config.input_layers)
    ? readSequential(name, config, inside)
    : readFunctional(name, config, inside)
}
