import * as z from 'zod'
import { CAM_METHODS } from '../cam/methods.ts'
import { gateSpecSchema } from '../gate/gate-spec.ts'
import { regionsSchema } from '../lungs/regions-schema.ts'
import { preprocessSpecSchema } from '../preprocess/spec-schema.ts'
import { classIdSchema, classInfoSchema, labellingSchema } from './class-schema.ts'
import { int8Schema, precisionSchema } from './precision.ts'
import { INPUT, OUTPUTS } from './tensor-names.ts'

/**
 * Version of the description of a model. 2: the gate, the scale of the input and whether there are operating points and a
 * measure of distance are always stated; an earlier one left them to whoever read it.
 */
export const SCHEMA = 2

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const rate = z.number().min(0).max(1)
/** An estimate with its 95 % interval and the number of images it rests on. */
const estimate = z.strictObject({ value: rate, low: rate, high: rate, n: z.int().nonnegative() })
export type Estimate = z.infer<typeof estimate>

/** What an operating point is worth in a source that training had not seen. */
export const unseenSchema = z.strictObject({
  /** As people call the source. */
  source: z.string().min(1),
  sensitivity: estimate,
  /** Absent where no image of the source is without the class. */
  specificity: estimate.optional(),
})
export type Unseen = z.infer<typeof unseenSchema>

/**
 * Threshold on one class's calibrated probability, chosen on validation data unless `fittedOn` says otherwise, with what it gave on held-out data of the same sources, and
 * in sources that training had not seen: of the model itself, or of one of the same recipe that was trained without the source.
 */
const operatingPoint = z.strictObject({
  threshold: rate,
  /** Sources that the threshold was chosen on: on what networks of the same recipe said of them, each trained without one. */
  fittedOn: z.array(z.string().min(1)).min(2).optional(),
  sensitivity: estimate,
  specificity: estimate,
  unseen: z.array(unseenSchema).min(1).optional(),
})
export type OperatingPoint = z.infer<typeof operatingPoint>

/**
 * From where on a model is sure enough to decide: its highest calibrated probability, held against a threshold (Geifman & El-Yaniv 2017). The
 * threshold is what the wanted share of validation images reaches; what it is worth was measured on held-out images.
 */
export const selectiveSchema = z.strictObject({
  /** Share of validation images that are decided. */
  coverage: rate,
  /** An image whose highest probability is below it is left undecided. */
  threshold: rate,
  /** Share of held-out images that are decided. */
  answered: estimate,
  /** Mean recall of the classes on held-out images: on all, and on those that are decided. */
  balancedAccuracy: z.strictObject({ all: estimate, answered: estimate }),
})
export type Selective = z.infer<typeof selectiveSchema>

/** A temperature with its 95 % interval. */
const interval = z.strictObject({ value: z.number(), low: z.number(), high: z.number() })

/** Whose films the thresholds were chosen on, where that is a site's own choice; the version names it too. */
export const siteSchema = z.strictObject({
  name: z.string().min(1),
  films: z.int().positive(),
  at: z.iso.datetime(),
  /** Absent where the temperature is the model's own. */
  calibration: z
    .strictObject({
      temperature: interval,
      /** The model's own temperature. */
      was: z.number().positive(),
      /** Expected calibration error of the site's films: with the model's own temperature, and with one that was fitted on others of them. */
      error: z.strictObject({ before: estimate, after: estimate }),
    })
    .optional(),
})
export type Site = z.infer<typeof siteSchema>

/**
 * What the graph's `ood_score` is held against: the squared Mahalanobis distance of the last hidden layer from the training images
 * (Lee et al. 2018, with one Gaussian). Above the threshold an image is unlike them, as one validation image in a hundred is.
 */
export const distanceSchema = z.strictObject({
  method: z.literal('mahalanobis'),
  output: z.literal(OUTPUTS.oodScore),
  threshold: z.number(),
})

/** All that the manifest and the facts that training writes have in common. Null states that there is none. */
export const description = {
  schema: z.literal(SCHEMA),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  version: z.string().min(1),
  createdAt: z.iso.datetime(),
  /** Identifiers of the classes, in the order of every vector of scores. */
  labels: z
    .array(classIdSchema)
    .min(2)
    .refine((ids) => new Set(ids).size === ids.length, 'two classes have one identifier'),
  /** What the classes are; where absent, those of the paper's four that `labels` names are known, and others are called by identifier. */
  classes: z.array(classInfoSchema).optional(),
  /** Whether the probabilities are those of classes that exclude each other, and sum to 1, or of independent ones. */
  labelling: labellingSchema.default('single'),
  /** UINT8 [N,1,S,S]. Inside the graph it is multiplied by `scale`: the network was trained on that range. */
  input: z.strictObject({
    name: z.literal(INPUT),
    shape: z.tuple([z.literal(-1), z.literal(1), z.int(), z.int()]),
    scale: z.number().positive(),
  }),
  preprocess: preprocessSpecSchema,
  /** What is refused before it is scored, by everyone who serves the model. */
  gate: gateSpecSchema,
  cam: z.strictObject({
    method: z.enum(CAM_METHODS),
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
  /** probabilities = softmax(logits / temperature), of independent classes sigmoid; fitted on validation data; 1 = uncalibrated. */
  temperature: z.number().positive(),
  /** For each class, by name of the operating point; null where no evaluation chose them. */
  operatingPoints: z
    .record(classIdSchema, z.strictObject({ screening: operatingPoint, balanced: operatingPoint }))
    .nullable(),
  /** Absent where no evaluation chose it, and of classes that do not exclude each other. */
  selective: selectiveSchema.optional(),
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
}

/**
 * manifest.json: everything that a server, a page or a phone must know of a model besides its weights.
 * It lies beside model.onnx, and inside it as metadata_props["detl.manifest"] (without `files` and `int8`).
 */
export const manifestSchema = z.strictObject({
  ...description,
  site: siteSchema.optional(),
  /** Null where the model does not measure how unlike its training data an image is. */
  outOfDistribution: distanceSchema.nullable(),
  /** Absent where the model outlines no lungs. */
  regions: regionsSchema.optional(),
  /** What `model.onnx` computes with; absent where that is float32. */
  precision: precisionSchema.exclude(['fp32']).optional(),
  /** Of `model.int8.onnx`; absent where the model was not made in 8-bit integers too. */
  int8: int8Schema.optional(),
  /** File name → sha256 */
  files: z.record(z.string(), sha256),
})

export type Manifest = z.infer<typeof manifestSchema>

/**
 * @param json the content of manifest.json
 * @throws Error that names the schema, where it is another one, or else each field that is wrong
 * @example const manifest = parseManifest(JSON.parse(await readFile('models/detl-128/manifest.json', 'utf8')))
 */
export const parseManifest = (json: unknown): Manifest =>
  parsed(manifestSchema, json, {
    what: 'manifest.json',
    remedy:
      'write it again from the training run, with `detl train artifact` and `detl ship` or `detl export`',
  })

/** Reads a description of a model. @throws Error as `parseManifest` says */
export function parsed<S extends z.ZodType>(
  schema: S,
  json: unknown,
  { what, remedy }: { what: string; remedy: string },
): z.output<S> {
  const found = typeof json === 'object' && json !== null && 'schema' in json ? json.schema : undefined
  if (found !== SCHEMA) {
    const newer = typeof found === 'number' && found > SCHEMA
    throw new Error(
      `${what} has ${found === undefined ? 'no schema' : `schema ${JSON.stringify(found)}`}; this version reads schema ${SCHEMA}. ${
        newer
          ? 'It was written by a newer version: use that one'
          : `It was written by an older version: ${remedy}`
      }`,
    )
  }
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const issues = result.error.issues.map(({ path, message }) => `${path.join('.') || what}: ${message}`)
  throw new Error(`${what}: ${issues.join('; ')}`)
}
