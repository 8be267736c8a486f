import type { Manifest } from '@detl/core/model/manifest'
import { preprocessId } from '@detl/core/preprocess/spec'
import { createRoute, type RouteHandler } from '@hono/zod-openapi'
import type { EdgeContext } from '../context.ts'
import { Model } from '../schemas.ts'
import { json, problems } from './documented.ts'

export const modelRoute = createRoute({
  method: 'get',
  path: '/v1/model',
  operationId: 'getModel',
  summary: 'What scores here: the manifest, with the preprocess id that tensors carry',
  tags: ['service'],
  security: [],
  responses: { 200: json(Model, 'The manifest'), ...problems('internal') },
})

export type ModelDeps = { readonly manifest: Manifest }

export const model =
  ({ manifest }: ModelDeps): RouteHandler<typeof modelRoute, EdgeContext> =>
  (c) =>
    c.json({ ...manifest, preprocessId: preprocessId(manifest.preprocess) }, 200)
