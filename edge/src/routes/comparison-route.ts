import { comparisonInputSchema } from '@detl/core/api/comparison'
import { codesOf } from '@detl/core/api/problem'
import { ALLOW_DIFFERENT, MOST_FILMS } from '@detl/core/comparison/request'
import { createRoute, z } from '@hono/zod-openapi'
import { COMPARISON_REPRESENTATIONS } from '../answers/comparison-representations.ts'
import { binary, contentsOf } from '../answers/representations.ts'
import { IDEMPOTENCY_KEY } from '../screening/headers.ts'
import { BY_KEY } from './documented.ts'
import { refusals } from './screening-route.ts'

/** POST /v1/comparisons as the contract describes it; what it does is in `comparisons.ts`. */
export const compareRoute = createRoute({
  method: 'post',
  path: '/v1/comparisons',
  operationId: 'createComparison',
  summary: 'Compare chest X-rays of one patient',
  description: `The body is a form with 2 to ${MOST_FILMS} films, in the order of time; where all state their date, that decides. A part \`screening\` with the id of a kept answer may stand for a film. Ids alone are sent as JSON. Each image is charged as one screening, once all are answered; kept answers are not charged again. It tells whether less or more of the lungs is opaque, not how the patient is; it was not validated clinically.`,
  tags: ['screening'],
  security: BY_KEY,
  request: {
    query: z.object({
      [ALLOW_DIFFERENT]: z.enum(['true', 'false']).optional().openapi({
        description:
          'With `true`, films whose headers name different patients are compared all the same, and the answer says so.',
      }),
    }),
    headers: z.object({
      'idempotency-key': z.string().regex(IDEMPOTENCY_KEY).optional().openapi({
        description:
          'For 24 h a repeat with the same key and films gets the same screenings, and none is charged.',
      }),
      'accept-language': z.string().optional().openapi({
        description: 'Of what people read in the answer: `en` or `de`.',
      }),
      'fhir-subject': z.string().optional().openapi({
        description: 'FHIR reference of the patient, passed through into FHIR answers',
      }),
      'fhir-imaging-study': z.string().optional().openapi({
        description: 'FHIR reference of the last film’s imaging study, passed through into FHIR answers',
      }),
    }),
    body: {
      required: true,
      content: {
        'multipart/form-data': {
          schema: z.object({
            image: z
              .array(z.string().openapi({ format: 'binary' }))
              .min(1)
              .max(MOST_FILMS),
            screening: z.array(z.uuid()).max(MOST_FILMS).optional(),
          }),
        },
        'application/json': { schema: comparisonInputSchema },
      },
    },
  },
  responses: {
    200: {
      description: 'What changed, in the representation that `Accept` asks for',
      content: { ...contentsOf(COMPARISON_REPRESENTATIONS), 'multipart/related': { schema: binary } },
    },
    ...refusals(...codesOf('key', 'screening', 'comparison'), 'not-found'),
  },
})
