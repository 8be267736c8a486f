import { createRoute, type RouteHandler, z } from '@hono/zod-openapi'
import type { EdgeContext } from '../context.ts'
import { json, problems } from './documented.ts'

export const healthRoute = createRoute({
  method: 'get',
  path: '/v1/health',
  operationId: 'getHealth',
  summary: 'Whether the edge is up',
  tags: ['service'],
  security: [],
  responses: { 200: json(z.object({ status: z.literal('ok') }), 'It is'), ...problems('internal') },
})

/** The edge itself is up; whether inference is, each screening says. */
export const health: RouteHandler<typeof healthRoute, EdgeContext> = (c) =>
  c.json({ status: 'ok' as const }, 200)
