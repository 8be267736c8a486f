import { codesOf, type ProblemCode } from '@detl/core/api/problem'
import { TENSOR_TYPE } from '@detl/core/wire/tensor-upload'
import { createRoute, z } from '@hono/zod-openapi'
import { binary as body, contentsOf, REPRESENTATIONS } from '../answers/representations.ts'
import { IDEMPOTENCY_KEY } from '../screening/headers.ts'
import { BY_KEY, problems } from './documented.ts'

const binary = { schema: body }

/** A refusal is an OperationOutcome where FHIR is what `Accept` prefers. */
export const refusals = (...codes: readonly ProblemCode[]) =>
  Object.fromEntries(
    Object.entries(problems(...codes)).map(([status, { description, content }]) => [
      status,
      { description, content: { ...content, 'application/fhir+json': { schema: OperationOutcome } } },
    ]),
  )
const OperationOutcome = z.object({ resourceType: z.literal('OperationOutcome') }).loose()

/** POST /v1/screenings as the contract describes it; what it does is in `screenings.ts`. */
export const screenRoute = createRoute({
  method: 'post',
  path: '/v1/screenings',
  operationId: 'createScreening',
  summary: 'Screen a chest X-ray',
  description:
    'The body is the image, a form with the file part `image`, or the tensor that was made of the image (an Open Inference Protocol v2 request with one input and its binary data). Nothing of it is kept. Charged once, when it is answered.',
  tags: ['screening'],
  security: BY_KEY,
  request: {
    headers: z.object({
      'idempotency-key': z.string().regex(IDEMPOTENCY_KEY).optional().openapi({
        description:
          'For 24 h a repeat with the same key and image, or the image’s tensor, gets the same answer and is not charged.',
      }),
      prefer: z.string().optional().openapi({
        description:
          '`respond-async`: answer 202 at once; fetch the answer from `Location`, or have a webhook tell when it is there. For JSON alone: other representations need the image, which is not kept, and are answered at once.',
      }),
      'inference-header-content-length': z
        .string()
        .regex(/^\d{1,10}$/)
        .optional()
        .openapi({
          description:
            'With a tensor: bytes of the JSON part of the body (Open Inference Protocol v2, binary tensor data).',
        }),
      'accept-language': z.string().optional().openapi({
        description: 'Of what people read in the answer: `en` or `de`. `Content-Language` says which it is.',
      }),
      'fhir-subject': z.string().optional().openapi({
        description: 'FHIR reference of the patient, passed through into FHIR answers',
      }),
      'fhir-imaging-study': z.string().optional().openapi({
        description: 'FHIR reference of the imaging study, passed through into FHIR answers',
      }),
    }),
    body: {
      required: true,
      content: {
        'image/png': binary,
        'image/jpeg': binary,
        'application/dicom': binary,
        [TENSOR_TYPE]: binary,
        'multipart/form-data': { schema: z.object({ image: z.string().openapi({ format: 'binary' }) }) },
      },
    },
  },
  responses: {
    200: {
      description: 'Scores and heat maps, in the representation that `Accept` asks for',
      content: {
        ...contentsOf(REPRESENTATIONS),
        'multipart/related': binary,
      },
    },
    202: {
      description: 'Accepted with `Prefer: respond-async`; the answer will be at `Location`',
      headers: z.object({ location: z.string() }),
      content: {
        'application/json': {
          schema: z.object({
            id: z.string(),
            status: z.enum(['queued', 'succeeded', 'failed', 'cancelled']),
          }),
        },
      },
    },
    ...refusals(...codesOf('key', 'screening')),
  },
})
