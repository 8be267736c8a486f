import type { OpenAPIHono } from '@hono/zod-openapi'
import { createRoute, z } from '@hono/zod-openapi'
import type { EdgeContext } from '../context.ts'
import { BY_KEY, problems, WITH_KEY } from '../routes/documented.ts'
import { IDEMPOTENCY_KEY } from '../screening/headers.ts'

const binary = { schema: z.string().openapi({ format: 'binary' }) }
/** The DICOM JSON Model (PS3.18, annex F.2). */
const DataSet = z.record(z.string().regex(/^[0-9A-F]{8}$/), z.object({ vr: z.string() }).loose())
const UID = /^(?=.{1,64}$)\d+(\.\d+)*$/
const study = z.object({ study: z.string().regex(UID).openapi({ description: 'Study Instance UID' }) })
const tags = ['dicomweb']

const stored = (description: string) => ({
  description,
  content: { 'application/dicom+json': { schema: DataSet }, 'application/dicom+xml': { schema: z.string() } },
})

const refusals = problems(
  ...WITH_KEY,
  'request-invalid',
  'image-missing',
  'upload-incomplete',
  'not-acceptable',
  'upload-timeout',
  'body-too-large',
  'image-unsupported',
  'encoding-unsupported',
  'overloaded',
)

const common = {
  method: 'post',
  tags,
  security: BY_KEY,
  description:
    'Each image is a screening of its own: taken in, scored and charged as by `POST /v1/screenings`, and what fails of one is said of that one. An object that comes again within 24 h, alone or with the same `Idempotency-Key`, is not charged again.',
} as const
const body = { required: true, content: { 'multipart/related': binary, 'application/dicom': binary } }
const headers = z.object({
  'idempotency-key': z.string().regex(IDEMPOTENCY_KEY).optional().openapi({
    description:
      'With it and its SOP Instance UID an object is known again; without it, by the latter and the model.',
  }),
  'accept-language': z.string().optional().openapi({ description: 'Of what people read: `en` or `de`' }),
})
const responses = {
  200: stored('Every object was screened'),
  202: stored('Some objects were screened; the others stand in the Failed SOP Sequence'),
  ...refusals,
  409: stored('No object was screened; each stands in the Failed SOP Sequence with its reason'),
  503: {
    description: `No object could be screened now, or ${refusals[503]!.description}`,
    content: { ...stored('').content, ...refusals[503]!.content },
  },
}

const storeRoute = createRoute({
  ...common,
  path: '/v1/dicomweb/studies',
  operationId: 'storeInstances',
  summary: 'Screen DICOM objects (STOW-RS)',
  request: { headers, body },
  responses,
})
const storeStudyRoute = createRoute({
  ...common,
  path: '/v1/dicomweb/studies/{study}',
  operationId: 'storeStudyInstances',
  summary: 'Screen DICOM objects of one study (STOW-RS)',
  request: { params: study, headers, body },
  responses,
})

const SERIES = '/v1/dicomweb/studies/{study}/series/{series}'
const INSTANCE = `${SERIES}/instances/{instance}`
const PATHS = { study: '/v1/dicomweb/studies/{study}', series: SERIES, instance: INSTANCE }
const DESCRIBED: Readonly<Record<string, string>> = {
  study: 'Study Instance UID',
  series: 'Series Instance UID',
  instance: 'SOP Instance UID',
}
const kept = problems(...WITH_KEY, 'request-invalid', 'not-found', 'not-acceptable')
const paged = z.object({
  limit: z.string().optional().openapi({ description: 'At most so many; 1000 where it is absent or more' }),
  offset: z.string().optional().openapi({ description: 'So many are left out first' }),
})

/** Parameters of the path, each a UID. */
const uids = (path: string) =>
  z.object(
    Object.fromEntries(
      [...path.matchAll(/\{(study|series|instance)\}/g)].map(([, name]) => [
        name!,
        z.string().regex(UID).openapi({ description: DESCRIBED[name!]! }),
      ]),
    ),
  )

const get = (path: string, operationId: string, summary: string) =>
  ({ method: 'get', path, operationId, summary, tags, security: BY_KEY }) as const

const searchOf = (path: string, operationId: string, what: string) =>
  createRoute({
    ...get(path, operationId, `Find ${what} of which something is kept (QIDO-RS)`),
    description: `Find ${what} of which something is kept (QIDO-RS). Asked by attributes of PS3.18, tables 10.6.1-2 and 10.6.1-5, as tags or keywords; what is not known is named in \`Warning\`.`,
    request: { params: uids(path), query: paged },
    responses: {
      200: {
        description: 'What was found',
        content: { 'application/dicom+json': { schema: z.array(DataSet) } },
      },
      204: { description: 'Nothing was found' },
      ...kept,
    },
  })

const several = { 'multipart/related': binary }

/** What GET and DELETE do at one level. */
function levelRoutes(level: keyof typeof PATHS) {
  const path = PATHS[level]
  const name = `${level[0]!.toUpperCase()}${level.slice(1)}`
  const params = uids(path)
  return [
    createRoute({
      ...get(path, `retrieve${name}`, `The kept objects of this ${level} (WADO-RS)`),
      request: { params },
      responses: {
        200: {
          description: 'Reports and heat maps',
          content: level === 'instance' ? { ...several, 'application/dicom': binary } : several,
        },
        ...kept,
      },
    }),
    createRoute({
      ...get(`${path}/metadata`, `retrieve${name}Metadata`, `All but the bytes of this ${level}’s objects`),
      request: { params },
      responses: {
        200: {
          description: 'DICOM JSON',
          content: { 'application/dicom+json': { schema: z.array(DataSet) } },
        },
        ...kept,
      },
    }),
    createRoute({
      method: 'delete',
      path,
      operationId: `delete${name}`,
      summary: `Forget what is kept of this ${level}`,
      tags,
      security: BY_KEY,
      request: { params },
      responses: {
        204: { description: 'It is forgotten' },
        ...problems(...WITH_KEY, 'request-invalid', 'not-found'),
      },
    }),
  ]
}

const bytesOf = (path: string, operationId: string, summary: string, last: Record<string, z.ZodType>) =>
  createRoute({
    ...get(path, operationId, summary),
    request: { params: uids(path).extend(last) },
    responses: {
      200: { description: 'Bytes', content: { ...several, 'application/octet-stream': binary } },
      ...kept,
    },
  })

const retrieval = [
  searchOf('/v1/dicomweb/studies', 'searchForStudies', 'studies'),
  searchOf('/v1/dicomweb/series', 'searchForSeries', 'series'),
  searchOf('/v1/dicomweb/instances', 'searchForInstances', 'instances'),
  searchOf(`${PATHS.study}/series`, 'searchForStudySeries', 'series of a study'),
  searchOf(`${PATHS.study}/instances`, 'searchForStudyInstances', 'instances of a study'),
  searchOf(`${SERIES}/instances`, 'searchForStudySeriesInstances', 'instances of a series'),
  ...levelRoutes('study'),
  ...levelRoutes('series'),
  ...levelRoutes('instance'),
  bytesOf(`${INSTANCE}/frames/{frames}`, 'retrieveFrames', 'Frames of a kept image, uncompressed', {
    frames: z.string().openapi({ description: 'Numbers from 1, with commas between them' }),
  }),
  bytesOf(`${INSTANCE}/bulkdata/{tag}`, 'retrieveBulkdata', 'Bytes of an element of a kept object', {
    tag: z.string().openapi({ description: 'As its metadata have it' }),
  }),
]

/** The DICOMweb routes as the contract describes them. */
export function registerDicomWeb(registry: OpenAPIHono<EdgeContext>['openAPIRegistry']): void {
  for (const route of [storeRoute, storeStudyRoute, ...retrieval]) registry.registerPath(route)
}
