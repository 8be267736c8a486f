import { AppError } from '@detl/core/api/problem'
import { OpenAPIHono } from '@hono/zod-openapi'
import { bodyLimit } from 'hono/body-limit'
import { cors } from 'hono/cors'
import { requestId } from 'hono/request-id'
import { secureHeaders } from 'hono/secure-headers'
import { timing } from 'hono/timing'
import type { EdgeContext } from './context.ts'
import { capabilities } from './dicomweb/capabilities.ts'
import { mountRetrieval } from './dicomweb/mount.ts'
import type { RetrieveDeps } from './dicomweb/retrieve.ts'
import { registerDicomWeb } from './dicomweb/routes.ts'
import { type StoreDeps, storeInstances } from './dicomweb/store.ts'
import type { Identify } from './identity.ts'
import { auth, requireScope } from './middleware/auth.ts'
import { invalidInput, notFound, problem } from './middleware/problem.ts'
import { openApiDocument } from './openapi.ts'
import type { Access } from './routes/access.ts'
import { type AccountDeps, accountRoutes } from './routes/account.ts'
import { type AdminDeps, adminRoutes } from './routes/admin.ts'
import { type BatchRouteDeps, batchRoutes } from './routes/batches.ts'
import { compareRoute } from './routes/comparison-route.ts'
import { compare } from './routes/comparisons.ts'
import { type HealthDeps, health, healthRoute } from './routes/health.ts'
import { type JobRouteDeps, jobRoutes } from './routes/jobs.ts'
import { type KeyRouteDeps, keyRoutes } from './routes/keys.ts'
import { type ModelDeps, model, modelRoute } from './routes/model.ts'
import { problemReference, reference } from './routes/reference.ts'
import { screenRoute } from './routes/screening-route.ts'
import { type ScreeningDeps, screen } from './routes/screenings.ts'
import { type WebhookRouteDeps, webhookRoutes } from './routes/webhooks.ts'

/** What the routes need, each declaring the few that it uses. */
export type Deps = HealthDeps &
  ModelDeps &
  ScreeningDeps &
  StoreDeps &
  RetrieveDeps &
  JobRouteDeps &
  BatchRouteDeps &
  AccountDeps &
  KeyRouteDeps &
  WebhookRouteDeps &
  AdminDeps & { readonly identify: Identify }

const MAX_JSON_BYTES = 65_536

/** The route table: read this first. */
export function createApp(deps: Deps): OpenAPIHono<EdgeContext> {
  const { accounts, identify } = deps
  const app = new OpenAPIHono<EdgeContext>({ defaultHook: invalidInput })
  app.onError(problem)
  app.notFound(notFound(() => contract().paths ?? {}))
  app.use(requestId({ headerName: '' })) // made here: a caller's own id would let it write into our log lines
  app.use(timing(), secureHeaders(), capabilities, cors({ origin: '*', maxAge: 600, exposeHeaders: EXPOSED }))

  app.use(async (c, next) => {
    await next()
    // Answers are data: should a browser ever show one, nothing in it runs or is framed.
    if (!c.res.headers.has(CSP)) c.header(CSP, "default-src 'none'; frame-ancestors 'none'")
    // Of a patient, an account or a key, unless it is the same for everybody.
    if (!PUBLIC.has(c.req.path)) c.header('Cache-Control', 'no-store')
  })

  app.openapi(healthRoute, health(deps))
  app.openapi(modelRoute, model(deps))

  app.openAPIRegistry.registerPath(screenRoute)
  app.use('/v1/screenings/*', auth(identify))
  app.post('/v1/screenings', screen(deps))
  app.route('/v1', jobRoutes(deps))
  app.use('/v1/batches/*', auth(identify))
  app.route('/v1', batchRoutes(deps))

  registerDicomWeb(app.openAPIRegistry)
  app.use('/v1/dicomweb/*', auth(identify))
  app.post('/v1/dicomweb/studies', storeInstances(deps))
  app.post('/v1/dicomweb/studies/:study', storeInstances(deps))
  mountRetrieval(app, deps)

  app.openAPIRegistry.registerPath(compareRoute)
  app.use('/v1/comparisons', auth(identify))
  app.post('/v1/comparisons', compare(deps))

  const small = bodyLimit({ maxSize: MAX_JSON_BYTES, onError: tooLarge })
  for (const path of [
    '/v1/account',
    '/v1/account/*',
    '/v1/keys',
    '/v1/keys/*',
    '/v1/usage',
    '/v1/audit',
    '/v1/webhooks',
    '/v1/webhooks/*',
  ])
    app.use(path, auth(identify), small)
  const access: Access = { as: 'key', guard: (scope) => requireScope(accounts, scope) }
  app.route('/v1', accountRoutes(deps, access))
  app.route('/v1', keyRoutes(deps, access))
  app.route('/v1', webhookRoutes(deps))
  app.use('/v1/admin/*', small)
  app.route('/v1/admin', adminRoutes(deps))

  let document: ReturnType<typeof openApiDocument> | undefined
  const contract = () => {
    document ??= openApiDocument(app)
    return document
  }
  app.get('/v1/openapi.json', (c) => c.json(contract()))
  app.get('/v1/docs', reference(contract))
  app.get('/problems/:code', problemReference)
  return app
}

const CSP = 'Content-Security-Policy'
const PUBLIC = new Set(['/v1/model', '/v1/openapi.json', '/v1/docs'])
const EXPOSED = [
  'Allow',
  'ETag',
  'Idempotency-Replayed',
  'Location',
  'Preference-Applied',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Server-Timing',
  'WWW-Authenticate',
]

function tooLarge(): never {
  throw new AppError('body-too-large', `at most ${MAX_JSON_BYTES} bytes are accepted here`)
}
