import { manifestSchema } from '@detl/core/model/manifest'
import { preprocessId } from '@detl/core/preprocess/spec'
import { createRoute, type RouteHandler, z } from '@hono/zod-openapi'
import type { Deps, EdgeContext } from '../app.ts'
import { json } from './documented.ts'

export const modelRoute = createRoute({
  method: 'get',
  path: '/v1/model',
  operationId: 'getModel',
  summary: 'What scores here: the manifest, with the preprocess id that tensors carry',
  tags: ['service'],
  security: [],
  responses: { 200: json(manifestSchema.extend({ preprocessId: z.string() }), 'The manifest') },
})

export const model =
  ({ manifest }: Pick<Deps, 'manifest'>): RouteHandler<typeof modelRoute, EdgeContext> =>
  (c) =>
    c.json({ ...manifest, preprocessId: preprocessId(manifest.preprocess) }, 200)
