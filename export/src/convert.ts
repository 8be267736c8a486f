import type { CamMethod } from '@detl/core/cam/methods'
import { OUTPUTS } from '@detl/core/model/tensor-names'
import { ConvertError } from './errors.ts'
import { addForward } from './forward.ts'
import { addCam, type Cam, type CamOptions, explainable, logitsOf } from './gradcam.ts'
import { backward } from './gradients/backward.ts'
import { dropDead, GraphBuilder, transform } from './graph/builder.ts'
import { legalise } from './graph/legalise.ts'
import { cancelTransposes } from './graph/passes/cancel-transposes.ts'
import { collapseSpatialSum } from './graph/passes/collapse-spatial-sum.ts'
import { dropIdentities } from './graph/passes/drop-identities.ts'
import { expandGradients } from './graph/passes/expand-gradients.ts'
import { foldBatchNorm } from './graph/passes/fold-batch-norm.ts'
import { foldConstants } from './graph/passes/fold-constants.ts'
import { fuseActivations, fuseGemm } from './graph/passes/fuse.ts'
import { roundWeights, storeAsHalf } from './graph/passes/half-weights.ts'
import { type KeptForm, keepQuantised } from './graph/passes/keep-quantised.ts'
import type { Rule } from './graph/rule.ts'
import { LARGEST_FILE, serialise, weightBytes } from './graph/serialise.ts'
import { fitsOnWeb } from './graph/web-heap.ts'
import { adapters, type InputAdapter } from './inputs.ts'
import type { Layers } from './lowering/context.ts'
import { LAYERS } from './lowering/table.ts'
import type { NodeRows } from './node-lowering/context.ts'
import { NODES } from './node-lowering/table.ts'
import type { Builder, Graph, Value } from './onnx/ir.ts'
import { interfaceOf, type Source } from './source.ts'

/** What passes depend on. */
type Choice = Pick<ConvertOptions, 'keepQuantized'> & { readonly opset: number }

/** Passes that may be switched off, each a rule or a few in order; what is left still computes the same. */
const RULES = {
  dropIdentities: () => [dropIdentities],
  foldConstants: () => [foldConstants],
  cancelTransposes: () => cancelTransposes,
  foldBatchNorm: ({ keepQuantized }) => [foldBatchNorm(keepQuantized !== undefined)],
  collapseSpatialSum: () => [collapseSpatialSum],
  fuseActivations: ({ opset }) => [fuseActivations(opset)],
  fuseGemm: () => [fuseGemm],
} satisfies Record<string, (choice: Choice) => readonly Rule[]>
export type Pass = keyof typeof RULES
export const PASSES = Object.keys(RULES) as readonly Pass[]

/** Oldest and newest operation set that the output can be written in. */
export const OPSETS = { oldest: 17, newest: 22 } as const

export interface ConvertOptions {
  /** ONNX operation set, 17 (default) to 22. */
  readonly opset?: number
  /** Layout of image-like inputs: as tfjs takes them (nhwc, default), or ONNX's nchw. */
  readonly inputLayout?: 'nhwc' | 'nchw'
  /** How weights are stored; the network computes in float32 either way. fp16 rounds them (relative error 2⁻¹¹). */
  readonly dtype?: 'fp32' | 'fp16'
  /**
   * Weights that tfjs's file stores as 8- or 16-bit integers or as halves stay so; by default they are stored as `dtype` says. The numbers
   * are the same either way. `fold`: with Cast, Sub and Mul, which ONNX Runtime computes once, when it loads the file: as fast as float32.
   * `dequantize`: with DequantizeLinear where convolutions read them, for runtimes that keep weights as integers in memory; ONNX Runtime
   * computes it in each run unless the session option `session.disable_quant_qdq` is "1".
   */
  readonly keepQuantized?: KeptForm
  /**
   * Adds `cam`, `cam_weights`, `feature_maps` and `logits` as outputs. ONNX Runtime computes every output of a file, asked for or not:
   * `featureMaps: false` leaves the largest out (`npm run bench -- cam` prints what either costs).
   */
  readonly cam?: {
    readonly layer?: string
    readonly method?: CamMethod
    readonly featureMaps?: boolean
    /** The output whose scores are explained, where a model has several; default the first. */
    readonly output?: string
  }
  /** Sizes for the free spatial axes of the inputs, in their order: [height, width] of an image. */
  readonly inputSize?: readonly number[]
  /**
   * Layer classes of your own, or others in place of the table's. What a lowering builds of ONNX operations has its gradient by them.
   * @example { MultiplyBeta: { lower: (_, [x], { g }) => [g.op('Mul', [x, g.number(0.2)])] } }
   */
  readonly layers?: Layers
  /**
   * The same for a GraphModel: operations of your own (`tf.registerOp`), or others in place of the table's.
   * @example { Swish: { lower: (_, [x], { g }) => [g.op('Mul', [x, g.op('Sigmoid', [x])])] } }
   */
  readonly operations?: NodeRows
  /** Passes to leave out. */
  readonly without?: readonly Pass[]
  readonly metadata?: Readonly<Record<string, string>>
  /**
   * The name of a file beside the ONNX file that weights are put in. `needed` (default): where they exceed the 2 GiB that one file
   * holds. Without it such a model is refused. ONNX Runtime finds the file by the model's path; in a page it is given
   * as `externalData: [{ path: name, data }]`.
   */
  readonly externalData?: { readonly name: string; readonly when?: 'always' | 'needed' }
}

/** The parts of a conversion that `convert` and the screening artefact share. */
export interface GraphOptions extends ConvertOptions {
  readonly inputs?: readonly InputAdapter[]
  /** Replaces the outputs of the model; gets the forward graph after its passes. */
  readonly outputs?: (g: Builder, forward: ForwardValues) => void
}

export interface ForwardValues {
  readonly outputs: ReadonlyMap<string, Value>
  /** The explained layer's output [N,K,…], if there is one. */
  readonly maps: Value | undefined
}

const MAPS = OUTPUTS.featureMaps
/** Names that Grad-CAM's outputs have; a model's own output of such a name gets `_output` behind it. */
const CAM_OUTPUTS: ReadonlySet<string> = new Set([
  OUTPUTS.logits,
  OUTPUTS.cam,
  OUTPUTS.camWeights,
  OUTPUTS.featureMaps,
])

/** The model as it is lowered, and the layer or node that Grad-CAM explains. */
function lowered(source: Source, options: GraphOptions): { graph: Graph; explained: string | undefined } {
  const g = new GraphBuilder()
  const given = (options.inputs ?? adapters(interfaceOf(source).inputs, options)).map((adapter) =>
    adapter.prepare(g, g.input(adapter.name, adapter.dtype, adapter.shape)),
  )
  const { explained, tap } = addForward(g, source, given, {
    ...options,
    tables: { layers: { ...LAYERS, ...options.layers }, nodes: { ...NODES, ...options.operations } },
    outputName: (name) => ownName(name, options),
  })
  return { graph: dropDead(tap ? transform(g, tap) : g), explained }
}

/** A conversion but for its bytes. */
export interface Built {
  readonly graph: Graph
  readonly opset: number
  /** The layer or node that Grad-CAM explains. */
  readonly explained: string | undefined
}

/** Passes over what was lowered, before anything is derived from it. */
const SIMPLIFYING: readonly Pass[] = [
  'dropIdentities',
  'foldConstants',
  'cancelTransposes',
  'foldBatchNorm',
  'dropIdentities',
]

/** The whole conversion, up to a graph of plain ONNX operations. */
export function buildGraph(source: Source, options: GraphOptions = {}): Built {
  const opset = options.opset ?? OPSETS.oldest
  if (!Number.isInteger(opset) || opset < OPSETS.oldest || opset > OPSETS.newest)
    throw new ConvertError(
      'unsupported-option',
      `opset is ${opset}; supported: ${OPSETS.oldest} to ${OPSETS.newest}`,
    )
  if (options.dtype === 'fp16' && options.keepQuantized)
    throw new ConvertError(
      'unsupported-option',
      'dtype fp16 rounds the weights that keepQuantized keeps; give one of the two',
    )
  const choice = { ...options, opset }
  const apply = (graph: Graph, ...passes: Pass[]): Graph =>
    passes.reduce(
      (next, pass) =>
        options.without?.includes(pass)
          ? next
          : RULES[pass](choice).reduce<Graph>((before, rule) => transform(before, rule), next),
      graph,
    )
  // In a function of its own, so that weights that the passes replace can be freed.
  const simplified = () => {
    const { graph, explained } = lowered(source, options)
    const simple = apply(graph, ...SIMPLIFYING)
    return { explained, forward: options.dtype === 'fp16' ? roundWeights(transform(simple)) : simple }
  }
  const { forward, explained } = simplified()
  let whole = apply(withOutputs(forward, options), 'dropIdentities', 'foldConstants', 'collapseSpatialSum')
  whole = transform(whole, expandGradients)
  whole = apply(whole, 'foldConstants', 'dropIdentities', 'fuseActivations', 'fuseGemm')
  if (options.dtype === 'fp16') whole = transform(dropDead(whole), storeAsHalf())
  if (options.keepQuantized) whole = transform(dropDead(whole), keepQuantised(options.keepQuantized, opset))
  return { graph: dropDead(transform(dropDead(whole), legalise(opset))), opset, explained }
}

/**
 * Adds the maps of a layer.
 * @param maps the layer's output, [N,K,…]
 * @param scores the logits, [N,C]
 * @throws ConvertError no-gradient
 */
export const explain = (g: Builder, options: CamOptions, maps: Value, scores: Value): Cam =>
  addCam(g, options, maps, backward(g, scores, explainable(maps)))

const ownName = (name: string, { cam }: GraphOptions): string =>
  cam && CAM_OUTPUTS.has(name) ? `${name}_output` : name

/** The output that Grad-CAM explains. */
function explainedOutput(outputs: ReadonlyMap<string, Value>, options: GraphOptions): Value {
  const wanted = options.cam?.output
  const [first] = outputs.values()
  const found = wanted === undefined ? first : outputs.get(ownName(wanted, options))
  if (found) return found
  throw new ConvertError(
    'unsupported-option',
    `--cam-output is "${wanted}"; the model's outputs are ${[...outputs.keys()].join(', ')}`,
  )
}

function withOutputs(forward: Graph, options: GraphOptions): Graph {
  const g = transform(forward)
  const maps = options.cam && g.outputs.get(MAPS)
  const outputs = new Map([...g.outputs].filter(([name]) => !maps || name !== MAPS))
  if (options.outputs) {
    g.outputs.clear()
    options.outputs(g, { outputs, maps })
  } else if (maps) {
    const logits = logitsOf(g, explainedOutput(outputs, options))
    const mapsAreOutput = options.cam?.featureMaps ?? true
    const { cam, weights } = explain(
      g,
      { method: options.cam?.method ?? 'gradcam', mapsAreOutput },
      maps,
      logits,
    )
    g.output(OUTPUTS.logits, logits)
    g.output(OUTPUTS.cam, cam)
    if (weights) g.output(OUTPUTS.camWeights, weights)
    g.outputs.delete(MAPS)
    if (mapsAreOutput) g.output(MAPS, maps)
  }
  return g
}

/** The bytes of an ONNX file, in parts, and what was chosen in making them. */
export interface Conversion {
  readonly parts: Uint8Array[]
  /** The file of weights beside it; empty where they are in the ONNX file. */
  readonly data: Uint8Array[]
  /** The layer or node that Grad-CAM explains, where it was asked for. */
  readonly explained: string | undefined
  /** Whether onnxruntime-web has room for the weights, in the 4 GiB that WebAssembly has (estimated by their sizes). */
  readonly fitsOnWeb: boolean
}

/** @returns the name of the file beside, where weights go there */
function externalName(graph: Graph, { externalData }: ConvertOptions): string | undefined {
  const bytes = weightBytes(graph)
  if (externalData?.when === 'always') return externalData.name
  // What is no weight takes some thousand bytes.
  if (bytes < LARGEST_FILE - 2 ** 24) return undefined
  if (externalData) return externalData.name
  throw new ConvertError(
    'output-unwritable',
    `the weights have ${(bytes / 2 ** 30).toFixed(1)} GiB, and one ONNX file holds 2: name a file beside it (externalData in conversionOf, --external-data)`,
  )
}

/**
 * A tfjs model as an ONNX file, and where asked for a file of weights beside it.
 * @throws ConvertError naming the layer or node, and what is supported
 */
export function conversionOf(source: Source, options: ConvertOptions = {}): Conversion {
  const { graph, opset, explained } = buildGraph(source, options)
  const { name } = interfaceOf(source)
  const externalData = externalName(graph, options)
  const { model, data } = serialise(graph, {
    opset,
    name,
    metadata: options.metadata ?? {},
    ...(externalData !== undefined && { externalData }),
  })
  return { parts: model, data, explained, fitsOnWeb: fitsOnWeb(graph, externalData !== undefined) }
}

/**
 * A tfjs model, LayersModel or GraphModel, as the bytes of an ONNX file, in parts.
 * @throws ConvertError naming the layer or node, and what is supported
 * @example writeWhole('out.onnx', convert(readModel('path/to/model.json'), { cam: {} }))
 */
export const convert = (source: Source, options: Omit<ConvertOptions, 'externalData'> = {}): Uint8Array[] =>
  conversionOf(source, options).parts
