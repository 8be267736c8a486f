import type { Health as HealthOf } from '@detl/core/api/health'
import { createRoute, type RouteHandler } from '@hono/zod-openapi'
import type { EdgeContext } from '../context.ts'
import { Health } from '../schemas.ts'
import { json, problems } from './documented.ts'

export const healthRoute = createRoute({
  method: 'get',
  path: '/v1/health',
  operationId: 'getHealth',
  summary: 'Whether screenings are answered, by one model everywhere',
  description:
    'Asks each part which model it has: the inference server, the edge’s own run of the model, and the model that the page brings to the device. It fails where one has another model than the edge works by, or where nobody can infer. The answer is a few seconds old at most.',
  tags: ['service'],
  security: [],
  responses: {
    200: json(Health, '`ok`, or `degraded`: a part is away, and another one answers'),
    503: json(Health, '`failing`: nobody answers, or with another model'),
    ...problems('internal'),
  },
})

export type HealthDeps = { readonly health: () => Promise<HealthOf> }

export const health =
  ({ health: ask }: HealthDeps): RouteHandler<typeof healthRoute, EdgeContext> =>
  async (c) => {
    const found = await ask()
    return found.status === 'failing' ? c.json(found, 503) : c.json(found, 200)
  }
