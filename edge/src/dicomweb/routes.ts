import type { OpenAPIHono } from '@hono/zod-openapi'
import { createRoute, z } from '@hono/zod-openapi'
import type { EdgeContext } from '../context.ts'
import { BY_KEY, problems, WITH_KEY } from '../routes/documented.ts'
import { IDEMPOTENCY_KEY } from '../screening/request.ts'

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

/** The DICOMweb routes as the contract describes them. */
export function registerDicomWeb(registry: OpenAPIHono<EdgeContext>['openAPIRegistry']): void {
  for (const route of [storeRoute, storeStudyRoute]) registry.registerPath(route)
}
