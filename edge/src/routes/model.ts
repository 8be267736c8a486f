import { preprocessId } from '@detl/core/preprocess/spec'
import { createRoute, type RouteHandler } from '@hono/zod-openapi'
import type { Deps, EdgeContext } from '../app.ts'
import { json, problems } from './documented.ts'
import { Model } from './schemas.ts'

export const modelRoute = createRoute({
  method: 'get',
  path: '/v1/model',
  operationId: 'getModel',
  summary: 'What scores here: the manifest, with the preprocess id that tensors carry',
  tags: ['service'],
  security: [],
  responses: { 200: json(Model, 'The manifest'), ...problems('internal') },
})

export const model =
  ({ manifest }: Pick<Deps, 'manifest'>): RouteHandler<typeof modelRoute, EdgeContext> =>
  (c) =>
    c.json({ ...manifest, preprocessId: preprocessId(manifest.preprocess) }, 200)
