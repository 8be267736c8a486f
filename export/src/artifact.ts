import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { joinBytes } from '@detl/core/base/join-bytes'
import { receptiveField } from '@detl/core/cam/receptive-field'
import type { CamGrid } from '@detl/core/cam/resize-map'
import { type ModelFacts, manifestOf, parseFacts } from '@detl/core/model/facts'
import { type Manifest, parseManifest } from '@detl/core/model/manifest'
import { OUTPUTS } from '@detl/core/model/tensor-names'
import { buildGraph, explain } from './convert.ts'
import { ConvertError } from './errors.ts'
import { logitsOf } from './gradcam.ts'
import { serialise } from './graph/serialise.ts'
import { writeWhole } from './graph/write.ts'
import { imageInput } from './inputs.ts'
import type { LayersModel, Model } from './layers/model.ts'
import { networkOf } from './layers/network.ts'
import type { Builder, Value } from './onnx/ir.ts'
import { float32, scalar } from './onnx/tensor.ts'
import { beforeRewrite, type Int8Fate } from './quantise/beside.ts'
import { readLayersModel } from './read-path.ts'
import { json, withLungs } from './regions/folders.ts'

export interface ArtifactOptions {
  /** model.json or the folder that holds it. */
  readonly model: string
  /** Folder for model.onnx and manifest.json. */
  readonly out: string
  /** What training wrote of the model; the artefact follows from it and the weights alone. */
  readonly facts: ModelFacts
  readonly dtype?: 'fp32' | 'fp16'
  readonly opset?: number
  /**
   * Whether `feature_maps` is an output; default false. ONNX Runtime computes every output, asked for or not, and this is
   * the largest (`npm run bench -- cam` prints what either costs).
   */
  readonly featureMaps?: boolean
  /** Folder of a network that outlines lungs, as `export-lungs` wrote it, to be put into the graph; none unless given (`lungsFor` finds that of an earlier model). */
  readonly lungs?: string | undefined
}

/** Squared Mahalanobis distance of the last hidden layer's activations, [N]. Lee et al. 2018, with one class. */
function oodScore(
  g: Builder,
  logits: Value,
  { mean, precision }: NonNullable<ModelFacts['outOfDistribution']>,
): Value {
  let node = g.producer(logits)
  while (node && node.op !== 'MatMul' && node.op !== 'Gemm') node = g.producer(node.inputs[0])
  const hidden = node?.inputs[0]
  const d = mean.length
  if (!hidden || hidden.shape[1] !== d || precision.length !== d * d)
    throw mismatch(
      `out-of-distribution: mean [${d}] and precision [${precision.length}] do not fit the last hidden layer [${hidden?.shape.map((n) => n ?? 'N')}]`,
    )
  g.scope = 'ood'
  const centred = g.op('Sub', [hidden, g.constant(float32([d], Float32Array.from(mean)), 'mean')])
  const turned = g.op('MatMul', [
    centred,
    g.constant(float32([d, d], Float32Array.from(precision)), 'precision'),
  ])
  return g.op('ReduceSum', [g.op('Mul', [centred, turned])], { axes: [1], keepdims: 0 })
}

const mismatch = (what: string) => new ConvertError('shape-mismatch', what)

/** The facts as a schema reads them. @throws ConvertError manifest-invalid, naming the field */
function checked(facts: ModelFacts): ModelFacts {
  try {
    return parseFacts(facts)
  } catch (cause) {
    throw new ConvertError('manifest-invalid', (cause as Error).message, { cause })
  }
}

/** @throws ConvertError shape-mismatch where the network takes another image than the facts say */
function checkInput({ model }: LayersModel, { input, preprocess }: ModelFacts): void {
  const shape = model.inputs[0]?.shape
  const [, height, width, channels] = shape ?? []
  if (model.inputs.length !== 1 || shape?.length !== 4 || height !== width || channels !== 1)
    throw mismatch(
      `the model takes [${shape?.map((d) => d ?? 'N')}]; a screening model takes one image, [N,S,S,1]`,
    )
  const sizes = [input.shape[2], input.shape[3], preprocess.size]
  if (sizes.some((size) => size !== height))
    throw mismatch(
      `the model takes ${height} × ${width}, but the facts say ${input.shape[2]} × ${input.shape[3]} and the preprocess spec makes ${preprocess.size}`,
    )
}

/** Where the maps look. @throws ConvertError no-gradient where the cells of the layer are at no place of the image */
function gridOf(model: Model, layer: string, size: number): CamGrid {
  const network = networkOf(model)
  const explained = network.find(({ name }) => name === layer)
  try {
    return receptiveField(network, explained!.key, size)
  } catch (cause) {
    throw new ConvertError('no-gradient', (cause as Error).message, { cause })
  }
}

/** @throws ConvertError shape-mismatch where the maps of this network are not those of the facts */
function checkCam(
  { model }: LayersModel,
  [, , height, width]: Value['shape'],
  { cam, input }: ModelFacts,
): void {
  const found = { height, width, ...gridOf(model, cam.layer, input.shape[2]) }
  for (const key of ['height', 'width', 'stride', 'offset'] as const)
    if (found[key] !== cam[key])
      throw mismatch(`the maps of "${cam.layer}" have ${key} ${found[key]}, but the facts say ${cam[key]}`)
}

/** What `exportArtifact` wrote. */
export interface Artifact {
  readonly manifest: Manifest
  readonly bytes: number
  /** What became of the 8-bit file that the folder had. */
  readonly int8: Int8Fate
}

/**
 * Writes the screening artefact: `model.onnx`, whose outputs are those of `@detl/core/model/tensor-names`, and `manifest.json`. Maps are
 * after ReLU in the gradient's scale, not min–max scaled. The same weights and facts give the same bytes. An 8-bit file
 * that is there is made anew where the network is the same, and goes where it is another.
 * @throws ConvertError
 * @example exportArtifact({ model: 'RUN/fold-0/best', out: 'models/mine', facts: parseFacts(json) })
 */
export function exportArtifact(options: ArtifactOptions): Artifact {
  const facts = checked(options.facts)
  const source = readLayersModel(options.model)
  checkInput(source, facts)
  const { labels, temperature, cam, outOfDistribution } = facts
  const mapsAreOutput = options.featureMaps ?? false
  const { graph, opset } = buildGraph(source, {
    inputs: [imageInput(facts.input)],
    cam,
    dtype: options.dtype ?? 'fp16',
    ...(options.opset !== undefined && { opset: options.opset }),
    outputs: (g, { outputs, maps }) => {
      const [scores] = outputs.values()
      const logits = logitsOf(g, scores!)
      if (logits.shape[1] !== labels.length)
        throw mismatch(
          `the model has ${logits.shape[1]} scores; a screening model has ${labels.length} (${labels.join(', ')})`,
        )
      checkCam(source, maps!.shape, facts)
      g.scope = 'probabilities'
      const calibrated = g.op('Mul', [logits, g.constant(scalar(1 / temperature), 'inverse_temperature')])
      g.output(OUTPUTS.logits, logits)
      g.output(
        OUTPUTS.probabilities,
        facts.labelling === 'multi'
          ? g.op('Sigmoid', [calibrated])
          : g.op('Softmax', [calibrated], { axis: -1 }),
      )
      const added = explain(g, { method: cam.method, mapsAreOutput }, maps!, logits)
      g.output(OUTPUTS.cam, added.cam)
      if (mapsAreOutput) g.output(OUTPUTS.featureMaps, maps!)
      if (added.weights) g.output(OUTPUTS.camWeights, added.weights)
      if (outOfDistribution) g.output(OUTPUTS.oodScore, oodScore(g, logits, outOfDistribution))
    },
  })
  const fields = manifestOf(facts)
  const { model: parts } = serialise(graph, {
    opset,
    name: fields.name,
    metadata: { 'detl.manifest': JSON.stringify(fields) },
  })
  const plain = joinBytes(parts)
  const sha256 = createHash('sha256').update(plain).digest('hex')
  const made = { onnx: plain, manifest: parseManifest({ ...fields, files: { 'model.onnx': sha256 } }) }
  const { onnx, manifest } = options.lungs === undefined ? made : withLungs(made, options.lungs)
  const renewInt8 = beforeRewrite(options.out)
  writeWhole(join(options.out, 'model.onnx'), [onnx])
  writeWhole(join(options.out, 'manifest.json'), [json(manifest)])
  const int8 = renewInt8()
  const written = readFileSync(join(options.out, 'manifest.json'), 'utf8')
  return { manifest: parseManifest(JSON.parse(written)), bytes: onnx.length, int8 }
}
