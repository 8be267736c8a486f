import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { receptiveField } from '@detl/core/cam/receptive-field'
import type { CamGrid } from '@detl/core/cam/resize-map'
import { LABELS } from '@detl/core/model/labels'
import { type Manifest, manifestSchema } from '@detl/core/model/manifest'
import { buildGraph, explain, type InputAdapter } from './convert.ts'
import { ConvertError } from './errors.ts'
import { type CamMethod, lastConvolution, logitsOf } from './gradcam.ts'
import { serialise } from './graph/serialise.ts'
import { writeWhole } from './graph/write.ts'
import type { Model } from './layers/model.ts'
import { networkOf } from './layers/network.ts'
import { readLayersModel } from './layers/read.ts'
import type { Builder, Value } from './onnx/ir.ts'
import { float32, scalar } from './onnx/tensor.ts'

/** What does not follow from the network itself: name, version, preprocessing, temperature, data, training. */
export type ManifestFacts = Omit<Manifest, 'schema' | 'labels' | 'input' | 'cam' | 'files'>

const factsSchema = manifestSchema.omit({ schema: true, labels: true, input: true, cam: true, files: true })

/** Reads the facts of a manifest from JSON. @throws ConvertError manifest-invalid, naming the field */
export function parseFacts(json: unknown): ManifestFacts {
  const result = factsSchema.safeParse(json)
  if (result.success) return result.data as ManifestFacts
  const issues = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'the manifest'}: ${message}`,
  )
  throw new ConvertError('manifest-invalid', issues.join('; '))
}

/** Fitted on the activations of the last hidden layer over the training images. */
export interface OutOfDistribution {
  /** [D] */
  readonly mean: ArrayLike<number>
  /** Inverse covariance, [D,D], row by row. */
  readonly precision: ArrayLike<number>
}

export interface ArtifactOptions {
  /** model.json or the folder that holds it. */
  readonly model: string
  /** Folder for model.onnx and manifest.json. */
  readonly out: string
  /** All of the manifest that does not follow from the network. */
  readonly manifest: ManifestFacts
  readonly camLayer?: string
  readonly camMethod?: CamMethod
  /** network input = u8 × scale; default 1/255, as in training. */
  readonly scale?: number
  readonly dtype?: 'fp32' | 'fp16'
  readonly opset?: number
  readonly outOfDistribution?: OutOfDistribution
  /**
   * Whether `feature_maps` is an output; default true. ONNX Runtime computes every output, asked for or not, and this is
   * the largest (`npm run bench -- cam` prints what either costs).
   */
  readonly featureMaps?: boolean
}

/** UINT8 [N,1,S,S] → what the network takes, [N,S,S,1] in its own range. The first nodes of the graph. */
const imageInput = (size: number, scale: number): InputAdapter => ({
  name: 'image',
  dtype: 'uint8',
  shape: [null, 1, size, size],
  prepare: (g, image) => {
    g.scope = 'image'
    const scaled = g.op('Mul', [g.op('Cast', [image], { to: 'float32' }), g.constant(scalar(scale), 'scale')])
    const moved = g.op('Transpose', [scaled], { perm: [0, 2, 3, 1] })
    g.scope = ''
    return moved
  },
})

/** Squared Mahalanobis distance of the last hidden layer's activations, [N]. Lee et al. 2018, with one class. */
function oodScore(g: Builder, logits: Value, { mean, precision }: OutOfDistribution): Value {
  let node = g.producer(logits)
  while (node && node.op !== 'MatMul' && node.op !== 'Gemm') node = g.producer(node.inputs[0])
  const hidden = node?.inputs[0]
  const d = mean.length
  if (!hidden || hidden.shape[1] !== d || precision.length !== d * d)
    throw new ConvertError(
      'shape-mismatch',
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

/** What `exportArtifact` wrote. */
export interface Artifact {
  readonly manifest: Manifest
  readonly bytes: number
}

/**
 * Writes the screening artefact: `model.onnx` with image → logits, probabilities, cam, feature_maps, cam_weights
 * (and ood_score), and `manifest.json`. Maps are after ReLU in the gradient's scale, not min–max scaled.
 * @throws ConvertError
 */
export function exportArtifact(options: ArtifactOptions): Artifact {
  const facts = parseFacts(options.manifest)
  const source = readLayersModel(options.model)
  const input = source.model.inputs[0]?.shape
  const size = input?.[1]
  if (
    input?.length !== 4 ||
    typeof size !== 'number' ||
    input[2] !== size ||
    input[3] !== 1 ||
    source.model.inputs.length !== 1
  )
    throw new ConvertError(
      'shape-mismatch',
      `the model takes [${input?.map((d) => d ?? 'N')}]; a screening model takes one image, [N,S,S,1]`,
    )
  if (facts.preprocess.size !== size)
    throw new ConvertError(
      'shape-mismatch',
      `the model takes ${size} × ${size}, but the preprocess spec makes ${facts.preprocess.size}`,
    )
  const layer = options.camLayer ?? lastConvolution(source.model)
  const method = options.camMethod ?? 'gradcam'
  const mapsAreOutput = options.featureMaps ?? true
  let mapShape: readonly (number | null)[] = []
  const { graph, opset } = buildGraph(source, {
    inputs: [imageInput(size, options.scale ?? 1 / 255)],
    cam: { layer, method },
    dtype: options.dtype ?? 'fp16',
    ...(options.opset !== undefined && { opset: options.opset }),
    outputs: (g, { outputs, maps }) => {
      const [scores] = outputs.values()
      const logits = logitsOf(g, scores!)
      if (logits.shape[1] !== LABELS.length)
        throw new ConvertError(
          'shape-mismatch',
          `the model has ${logits.shape[1]} scores; a screening model has ${LABELS.length} (${LABELS.join(', ')})`,
        )
      g.scope = 'probabilities'
      const calibrated = g.op('Mul', [
        logits,
        g.constant(scalar(1 / facts.temperature), 'inverse_temperature'),
      ])
      g.output('logits', logits)
      g.output('probabilities', g.op('Softmax', [calibrated], { axis: -1 }))
      const { cam, weights } = explain(g, { method, mapsAreOutput }, maps!, logits)
      g.output('cam', cam)
      if (mapsAreOutput) g.output('feature_maps', maps!)
      if (weights) g.output('cam_weights', weights)
      if (options.outOfDistribution) g.output('ood_score', oodScore(g, logits, options.outOfDistribution))
      mapShape = maps!.shape
    },
  })
  const fields: Omit<Manifest, 'files'> = {
    schema: 1,
    ...facts,
    labels: [...LABELS],
    input: { name: 'image', shape: [-1, 1, size, size] },
    cam: { method, layer, height: mapShape[2]!, width: mapShape[3]!, ...gridOf(source.model, layer, size) },
  }
  const parts = serialise(graph, {
    opset,
    name: fields.name,
    metadata: { 'detl.manifest': JSON.stringify(fields) },
  })
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  const manifest = manifestSchema.parse({ ...fields, files: { 'model.onnx': hash.digest('hex') } })
  writeWhole(join(options.out, 'model.onnx'), parts)
  writeWhole(join(options.out, 'manifest.json'), [
    new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`),
  ])
  return { manifest, bytes: parts.reduce((sum, part) => sum + part.length, 0) }
}
