import * as z from 'zod'
import { problemSchema } from './problem-schema.ts'

/** Items of one batch; an archive that is larger is several. */
export const MAX_BATCH_ITEMS = 100_000
/** Bytes of one line of a manifest: an address with its signature is some 1500. */
export const MAX_MANIFEST_LINE_BYTES = 4096

const id = z.string().min(1).max(200).optional()
const address = z.string().min(1).max(4000)

/**
 * One line of a manifest: where an image lies, and what its owner calls it. `url` is fetched as it is; `r2` is a key in the archive's bucket,
 * below the account's own folder; `dicomweb` is the address of one instance (PS3.18, section 10.4).
 */
export const batchItemSchema = z.union(
  [
    z.strictObject({ url: address, id }),
    z.strictObject({ r2: address, id }),
    z.strictObject({ dicomweb: address, id }),
  ],
  { error: 'expected one of "url", "r2" and "dicomweb", and perhaps "id"' },
)
export type BatchItem = z.infer<typeof batchItemSchema>

/**
 * `loading`: its manifest is being read. `running` until each item has a result or has failed: `completed`. `paused` by its owner, or by the
 * service, which says why. `cancelling`: what was begun is finished.
 */
export const BATCH_STATES = ['loading', 'running', 'paused', 'cancelling', 'cancelled', 'completed'] as const
export type BatchState = (typeof BATCH_STATES)[number]

const count = z.int().nonnegative()

/** How a batch stands: GET /v1/batches/{id}. */
export const batchSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  status: z.enum(BATCH_STATES),
  createdAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  /** When results and everything else of it are deleted; known once it has ended. */
  expiresAt: z.iso.datetime().nullable(),
  items: z.strictObject({ total: count, succeeded: count, failed: count, cancelled: count, waiting: count }),
  /** Results also as FHIR. */
  fhir: z.boolean(),
  /** Of the last minutes; null before there is a pace. */
  itemsPerMinute: z.number().nonnegative().nullable(),
  /** When the last item will have ended, at this pace. */
  estimatedEndAt: z.iso.datetime().nullable(),
  /** Why the service paused it, or what it waits for. */
  problem: problemSchema.optional(),
})
export type BatchInfo = z.infer<typeof batchSchema>

/** An item without a result. */
export const batchFailureSchema = z.strictObject({
  /** Its line in the manifest, from 1; a CSV's header is no line. */
  item: z.int().positive(),
  id: z.string().optional(),
  /** Where it lies; of a URL without its query, which may hold a signature. */
  source: z.string(),
  attempts: count,
  problem: problemSchema,
})
export type BatchFailure = z.infer<typeof batchFailureSchema>
