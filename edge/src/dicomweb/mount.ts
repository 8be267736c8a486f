import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Accounts } from '../accounts.ts'
import type { EdgeContext } from '../context.ts'
import { requireScope } from '../middleware/auth.ts'
import { BASE } from './address.ts'
import {
  bulkRoute,
  forgetRoute,
  framesRoute,
  metadataRoute,
  type RetrieveDeps,
  retrieveRoute,
  searchRoute,
} from './retrieve.ts'

const STUDY = '/studies/:study'
const SERIES = `${STUDY}/series/:series`
const INSTANCE = `${SERIES}/instances/:instance`

/** GET and DELETE of what is kept: QIDO-RS and WADO-RS. */
export function mountRetrieval(
  app: OpenAPIHono<EdgeContext>,
  deps: RetrieveDeps & { readonly accounts: Accounts },
): void {
  const read = requireScope(deps.accounts, 'screenings:read')
  const write = requireScope(deps.accounts, 'screenings:write')
  const searches = {
    study: ['/studies'],
    series: ['/series', `${STUDY}/series`],
    instance: ['/instances', `${STUDY}/instances`, `${SERIES}/instances`],
  } as const
  for (const level of ['study', 'series', 'instance'] as const)
    for (const path of searches[level]) app.get(BASE + path, read, searchRoute(deps, level))
  for (const path of [STUDY, SERIES, INSTANCE]) {
    app.get(BASE + path, read, retrieveRoute(deps))
    app.get(`${BASE}${path}/metadata`, read, metadataRoute(deps))
    app.delete(BASE + path, write, forgetRoute(deps))
  }
  app.get(`${BASE}${INSTANCE}/frames/:frames`, read, framesRoute(deps))
  app.get(`${BASE}${INSTANCE}/bulkdata/:tag`, read, bulkRoute(deps))
}
