import * as z from 'zod'
import { gateSpecSchema } from '../gate/gate-spec.ts'
import { preprocessSpecSchema } from '../preprocess/spec.ts'
import { LABELS } from './labels.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const rate = z.number().min(0).max(1)
/** An estimate with its 95 % interval and the number of images it rests on. */
const estimate = z.strictObject({ value: rate, low: rate, high: rate, n: z.int().nonnegative() })
export type Estimate = z.infer<typeof estimate>

/** Threshold on one class's calibrated probability, chosen on validation data, with what it gave on held-out data. */
const operatingPoint = z.strictObject({ threshold: rate, sensitivity: estimate, specificity: estimate })

/**
 * manifest.json: everything that a server, a page or a phone must know of a model besides its weights.
 * It lies beside model.onnx, and inside it as metadata_props["detl.manifest"] (without `files`).
 */
export const manifestSchema = z.strictObject({
  schema: z.literal(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  version: z.string().min(1),
  createdAt: z.iso.datetime(),
  labels: z.tuple([z.literal(LABELS[0]), z.literal(LABELS[1]), z.literal(LABELS[2]), z.literal(LABELS[3])]),
  /** UINT8 [N,1,S,S] */
  input: z.strictObject({
    name: z.literal('image'),
    shape: z.tuple([z.literal(-1), z.literal(1), z.int(), z.int()]),
  }),
  preprocess: preprocessSpecSchema,
  /** What is refused before it is scored; absent: DEFAULT_GATE of `gate/chest-model.ts`. */
  gate: gateSpecSchema.optional(),
  cam: z.strictObject({
    method: z.enum(['gradcam', 'gradcam++', 'layercam', 'hirescam']),
    /** The layer that is explained, and the size h × w of its maps. */
    layer: z.string(),
    height: z.int().positive(),
    width: z.int().positive(),
    /**
     * Where cell (i,j) looks, in tensor pixels: the centre of its receptive field is at offset + stride × (j, i).
     * Convolutions without padding see less of the border, so a map is not simply stretched over the tensor
     * (for the paper's network at S = 128: 25 × 25 cells, stride 4, first centre at 16).
     */
    stride: z.number().positive(),
    offset: z.number(),
  }),
  /** probabilities = softmax(logits / temperature), fitted on validation data; 1 = uncalibrated. */
  temperature: z.number().positive(),
  /** For each class, by name of the operating point; absent until an evaluation chose them. */
  operatingPoints: z
    .record(z.enum(LABELS), z.strictObject({ screening: operatingPoint, balanced: operatingPoint }))
    .optional(),
  /** Score above which an input is not like the training data; absent until fitted. */
  outOfDistribution: z
    .strictObject({ method: z.string(), output: z.string(), threshold: z.number() })
    .optional(),
  data: z.strictObject({
    /** sha256 over the sorted image digests that the weights have seen. */
    digest: sha256,
    images: z.int().nonnegative(),
    sources: z.array(z.strictObject({ name: z.string(), images: z.int(), licences: z.array(z.string()) })),
  }),
  training: z.strictObject({
    code: z.string(),
    backend: z.string(),
    seed: z.int(),
    summary: z.string(),
  }),
  /** File name → sha256 */
  files: z.record(z.string(), sha256),
})

export type Manifest = z.infer<typeof manifestSchema>
