import { MAX_BATCH_ITEMS } from '@detl/core/api/batch'
import type { ProblemCode } from '@detl/core/api/problem'
import { createRoute, z } from '@hono/zod-openapi'
import type { RemoteBook } from '../batch/batches.ts'
import { Batch, BatchFailure } from '../schemas.ts'
import { BY_KEY, json, problems, WITH_KEY } from './documented.ts'

const tags = ['batches']
const security = BY_KEY
const params = z.object({ batch: z.uuid() })
const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true')
const refusals = (...codes: ProblemCode[]) => problems(...WITH_KEY, 'request-invalid', ...codes)
const text = { schema: z.string() }

export const createBatchRoute = {
  method: 'post' as const,
  operationId: 'createBatch',
  summary: 'Screen an archive: a manifest of where its images lie',
  description: `The body is the manifest: one image a line, as NDJSON with one of \`url\`, \`r2\` and \`dicomweb\`, and perhaps \`id\`; or as CSV with a header of these columns. At most ${MAX_BATCH_ITEMS} items, none twice. Each item is charged once, when its result is there, however often it was tried.`,
  tags,
  security,
  request: {
    query: z.object({
      name: z.string().min(1).max(200).optional().openapi({ description: 'How it is called in lists' }),
      fhir: flag.openapi({ type: 'boolean', description: 'Keep FHIR reports of the results too' }),
      paused: flag.openapi({ type: 'boolean', description: 'Begin only with `resume`' }),
    }),
    headers: z.object({
      'idempotency-key': z.string().min(1).max(257).optional().openapi({
        description: 'A repeat with the same key gets the same batch, whatever its body is.',
      }),
      'source-authorization': z.string().max(4000).optional().openapi({
        description:
          '`Authorization` for the DICOMweb servers of the manifest; other hosts do not get it. Kept sealed.',
      }),
      'accept-language': z
        .string()
        .optional()
        .openapi({ description: 'Of what people read in results: `en` or `de`' }),
    }),
    body: { required: true, content: { 'application/x-ndjson': text, 'text/csv': text } },
  },
  responses: {
    201: { ...json(Batch, 'The batch'), headers: z.object({ location: z.string() }) },
    200: json(Batch, 'The batch that an earlier request with this Idempotency-Key made'),
    ...refusals('body-too-large', 'conflict', 'idempotency-in-flight', 'encoding-unsupported'),
  },
}

export const listBatchesRoute = createRoute({
  method: 'get',
  path: '/batches',
  operationId: 'listBatches',
  summary: 'The newest batches, and how they stand',
  tags,
  security,
  responses: { 200: json(z.object({ batches: z.array(Batch) }), 'Batches'), ...problems(...WITH_KEY) },
})

export const getBatchRoute = createRoute({
  method: 'get',
  path: '/batches/{batch}',
  operationId: 'getBatch',
  summary: 'How a batch stands, and when it will have ended',
  tags,
  security,
  request: { params },
  responses: { 200: json(Batch, 'The batch'), ...refusals('not-found') },
})

const changeRoute = (name: string, summary: string) =>
  createRoute({
    method: 'post',
    path: `/batches/{batch}/${name}`,
    operationId: `${name}Batch`,
    summary,
    tags,
    security,
    request: { params },
    responses: { 200: json(Batch, 'The batch as it is now'), ...refusals('not-found', 'conflict') },
  })

/** What an owner can do with a batch. */
export const CHANGES: readonly {
  name: string
  route: ReturnType<typeof changeRoute>
  change: (book: RemoteBook) => Promise<boolean | number | undefined>
}[] = [
  {
    name: 'pause',
    route: changeRoute('pause', 'Begin no further item; those under way are finished'),
    change: (book) => book.pause(),
  },
  { name: 'resume', route: changeRoute('resume', 'Go on'), change: (book) => book.resume() },
  {
    name: 'cancel',
    route: changeRoute('cancel', 'End it: what was begun is finished, the rest costs nothing'),
    change: (book) => book.cancel(),
  },
  {
    name: 'rerun',
    route: changeRoute('rerun', 'Screen the failed items again'),
    change: (book) => book.rerun(),
  },
]

export const deleteBatchRoute = createRoute({
  method: 'delete',
  path: '/batches/{batch}',
  operationId: 'deleteBatch',
  summary: 'Delete a batch that has ended, with its results',
  tags,
  security,
  request: { params },
  responses: { 204: { description: 'It is gone' }, ...refusals('not-found', 'conflict') },
})

export const failuresRoute = createRoute({
  method: 'get',
  path: '/batches/{batch}/failures',
  operationId: 'listBatchFailures',
  summary: 'Items without a result, and why',
  tags,
  security,
  request: {
    params,
    query: z.object({
      after: z.coerce
        .number()
        .int()
        .nonnegative()
        .default(0)
        .openapi({ description: '`next` of the page before' }),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
  },
  responses: {
    200: json(
      z.object({ failures: z.array(BatchFailure), next: z.int().optional() }),
      'Failed items; `next` where there may be more',
    ),
    ...refusals('not-found'),
  },
})

/** The first one where all are welcome. */
export const RESULT_TYPES = [
  'application/x-ndjson',
  'text/csv',
  'application/fhir+ndjson',
  'application/fhir+json',
] as const

export const resultsRoute = {
  method: 'get' as const,
  path: '/batches/{batch}/results',
  operationId: 'getBatchResults',
  summary: 'The results so far, as they are read: NDJSON, CSV or FHIR',
  description:
    'NDJSON has a line for each item: `screening` as POST /v1/screenings answers it, or `problem`. CSV has the columns of `detl screen --csv`. FHIR, for a batch made with `?fhir=true`, comes as one DiagnosticReport a line, or as Bundles, each with a link to the next. Lines come in the order in which items ended; `item` is the place in the manifest.',
  tags,
  security,
  request: {
    params,
    query: z.object({
      after: z.coerce.number().int().nonnegative().default(0).openapi({
        description: 'Of Bundles: from the link `next` of the one before',
      }),
    }),
  },
  responses: {
    200: {
      description: 'Results',
      content: Object.fromEntries(
        RESULT_TYPES.map((type) => [
          type,
          {
            schema:
              type === 'application/fhir+json'
                ? z.object({ resourceType: z.literal('Bundle') }).loose()
                : z.string(),
          },
        ]),
      ),
    },
    ...refusals('not-found', 'not-acceptable'),
  },
}
