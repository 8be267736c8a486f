import { ConvertError } from '../errors.ts'
import { isObject, type Json, type JsonObject } from '../files/json.ts'
import type { Dim, DType } from '../onnx/ir.ts'
import { type Call, Config, type KerasVersion, type Layer, type Model, type ModelInput } from './model.ts'
import { withOperands } from './operators.ts'

const MODELS = new Set(['Sequential', 'Model', 'Functional'])
const wrong = (what: string, code: 'model-unreadable' | 'model-unsupported' = 'model-unreadable'): never => {
  throw new ConvertError(code, what)
}

const objectAt = (json: JsonObject, key: string, owner: string): JsonObject => {
  const value = json[key]
  return isObject(value) ? value : wrong(`${owner} has no "${key}"`)
}

/** Where a layer lies: the models around it, whose words its options are, and where Keras 3 keeps the weights of what is around it. */
interface Place {
  readonly path: readonly string[]
  readonly keras: KerasVersion
  readonly saved?: string
}

/** Keras 3's `to_snake_case` (keras/src/utils/naming.py). */
const snakeCase = (name: string): string =>
  name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()

/** Reads the layers of a model in the order of its file: Keras 3 counts those of one class in that order. */
function readLayers(list: readonly Json[], place: Place): Layer[] {
  const counts = new Map<string, number>()
  return list.map((json) => {
    const kind = snakeCase(isObject(json) ? classOf(json) : '')
    const count = counts.get(kind) ?? 0
    counts.set(kind, count + 1)
    const own = `layers/${kind}${count > 0 ? `_${count}` : ''}`
    return readLayer(json, { ...place, saved: place.saved ? `${place.saved}/${own}` : own })
  })
}

const classOf = (json: JsonObject): string => String(json.class_name).split('>').at(-1)!

/** Reads `{class_name, config}`, in snake_case, as a layer; nested models and wrapped layers are read with it. */
function readLayer(json: Json | undefined, place: Place): Layer {
  const { path, keras, saved } = place
  const where = path.length > 0 ? `model "${path.join('/')}"` : 'the model'
  if (!isObject(json) || typeof json.class_name !== 'string')
    return wrong(`${where} has a layer without a class name`)
  const className = classOf(json)
  const raw = Array.isArray(json.config)
    ? { layers: json.config }
    : objectAt(json, 'config', `a ${className} in ${where}`)
  const name = String(json.name ?? raw.name ?? className.toLowerCase())
  const full = [...path, name]
  const config = new Config(raw, `layer "${name}" (${className})`)
  const layer = { name, className, path: full, config, keras, ...(keras === 3 && saved && { saved }) }
  if (MODELS.has(className)) return { ...layer, model: readModel({ ...json, config: raw, name }, place) }
  const held: [Json | undefined, string][] = [
    [raw.layer, className === 'Bidirectional' ? 'forward_layer' : 'layer'],
    [raw.backward_layer, 'backward_layer'],
    [raw.cell, 'cell'],
    ...(Array.isArray(raw.cells) ? raw.cells : []).map((cell, i): [Json, string] => [cell, `cells/${i}`]),
  ]
  const inner = held
    .filter(([value]) => isObject(value))
    .map(([value, as]) => readLayer(value, { path: full, keras, saved: `${saved}/${as}` }))
  return inner.length > 0 ? { ...layer, inner } : layer
}

const DTYPES: Record<string, DType> = { float32: 'float32', int32: 'int32', bool: 'bool' }

/** A name, or a Keras 3 policy of that name. */
const nameOfType = (dtype: Json | undefined): string =>
  isObject(dtype) && isObject(dtype.config) ? String(dtype.config.name) : String(dtype ?? 'float32')

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
  const type = nameOfType(json.dtype)
  const dtype = Object.hasOwn(DTYPES, type) ? DTYPES[type]! : 'float32'
  return { name: layer.name, key, shape: dims, dtype }
}

function readSequential(name: string, config: JsonObject, place: Place): Model {
  const list = config.layers
  if (!Array.isArray(list) || list.length === 0) return wrong(`model "${name}" has no layers`)
  const layers = readLayers(list, place)
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
    return wrong(`${owner}: its inputs are not [layer, node, tensor]`)
  const [layer, node, tensor, options] = json
  if (isObject(options)) refuseCallOptions(options, owner)
  return { layer: layer as string, node: Number(node ?? 0), tensor: Number(tensor ?? 0) }
}

/** `[["a",0,0]]` or, for one, `["a",0,0]`; a dictionary of them by name in Keras 3. */
const references = (json: Json | undefined, owner: string): Inbound[] => {
  if (isObject(json)) return Object.values(json).flatMap((item) => references(item, owner))
  if (!Array.isArray(json)) return wrong(`${owner} is missing`)
  return typeof json[0] === 'string' ? [inbound(json, owner)] : json.map((item) => inbound(item, owner))
}

/** The tensors in the arguments of a call as Keras 3 writes it, in their order. */
function tensorsIn(json: Json | undefined, owner: string): Inbound[] {
  if (Array.isArray(json)) return json.flatMap((item) => tensorsIn(item, owner))
  if (!isObject(json)) return []
  if (json.class_name !== '__keras_tensor__')
    return Object.values(json).flatMap((item) => tensorsIn(item, owner))
  return [inbound(objectAt(json, 'config', owner).keras_history!, owner)]
}

/** Options of a call that change nothing; any other is refused rather than dropped. */
function refuseCallOptions(options: JsonObject, owner: string): void {
  for (const [key, value] of Object.entries(options)) {
    const says = value !== null && value !== false && !(Array.isArray(value) && value.length === 0)
    if (key !== 'initial_state' && says)
      throw new ConvertError(
        'unsupported-option',
        `${owner}: it is called with ${key} = ${JSON.stringify(value).slice(0, 60)}; supported: calls with inputs and initial_state`,
      )
  }
}

/** The inputs of one call: a list as Keras 2 and tfjs write it, or `{args, kwargs}` of Keras 3. */
function inputsOfCall(json: Json, owner: string): Inbound[] {
  if (!isObject(json)) return references(json, owner)
  const options = isObject(json.kwargs) ? json.kwargs : {}
  refuseCallOptions(options, owner)
  return [...tensorsIn(json.args, owner), ...tensorsIn(options.initial_state, owner)]
}

function readFunctional(name: string, config: JsonObject, place: Place): Model {
  if (!Array.isArray(config.layers)) return wrong(`model "${name}" has no layers`)
  const list = config.layers.map((json) =>
    isObject(json) && json.class_name === 'TFOpLambda' ? withOperands(json) : json,
  )
  const layers = new Map<string, Layer>()
  const pending: { layer: Layer; node: number; inputs: Inbound[] }[] = []
  const known = new Set<string>()
  const inputs = new Map<string, ModelInput>()
  const keyOf = (ref: Inbound) => `${ref.layer}#${ref.node}`
  const read = readLayers(list, place)
  for (const [at, json] of list.entries()) {
    const layer = read[at]!
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
      pending.push({ layer, node: i, inputs: inputsOfCall(node, owner) })
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
    const at = pending.findIndex((call) =>
      call.inputs.every((ref) => known.has(resolve(ref).replace(/\.\d+$/, ''))),
    )
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
export function readModel(json: JsonObject, place: Place): Model {
  const className = classOf(json)
  if (!MODELS.has(className))
    return wrong(
      `the model is of class ${JSON.stringify(json.class_name)}; supported: Sequential, Functional, Model`,
      'model-unsupported',
    )
  const config = Array.isArray(json.config) ? { layers: json.config } : objectAt(json, 'config', 'the model')
  const name = String(json.name ?? config.name ?? 'model')
  const inside = { ...place, path: [...place.path, name] }
  return className === 'Sequential' && !Array.isArray(config.input_layers)
    ? readSequential(name, config, inside)
    : readFunctional(name, config, inside)
}
