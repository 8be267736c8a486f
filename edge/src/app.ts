import type { Keyring } from '@detl/core/api/api-key'
import { AppError } from '@detl/core/api/problem'
import type { Codecs } from '@detl/core/image/codecs'
import type { ImageLimits } from '@detl/core/image/limits'
import type { Manifest } from '@detl/core/model/manifest'
import { OpenAPIHono } from '@hono/zod-openapi'
import { bodyLimit } from 'hono/body-limit'
import { cors } from 'hono/cors'
import { requestId } from 'hono/request-id'
import { secureHeaders } from 'hono/secure-headers'
import { timing } from 'hono/timing'
import type { Accounts } from './accounts.ts'
import type { BillingSink } from './billing/sink.ts'
import type { Identify } from './identity.ts'
import type { JobMessage } from './jobs.ts'
import type { Credential } from './ledger/ledger.ts'
import { admit, auth } from './middleware/auth.ts'
import { invalidInput, notFound, problem } from './middleware/problem.ts'
import { openApiDocument } from './openapi.ts'
import { accountRoutes } from './routes/account.ts'
import { adminRoutes } from './routes/admin.ts'
import { health, healthRoute } from './routes/health.ts'
import { jobRoutes } from './routes/jobs.ts'
import { model, modelRoute } from './routes/model.ts'
import { problemReference, reference } from './routes/reference.ts'
import { screen, screenRoute } from './routes/screenings.ts'
import { webhookRoutes } from './routes/webhooks.ts'
import type { Sealer } from './seal.ts'
import type { Shedder } from './shedding.ts'
import type { Infer } from './upstream.ts'

export type Deps = {
  readonly manifest: Manifest
  /** Its name and version. */
  readonly model: string
  readonly limits: ImageLimits
  readonly maxBodyBytes: number
  readonly codecs: Codecs
  readonly infer: Infer
  readonly identify: Identify
  readonly isAdmin: (token: string) => Promise<boolean>
  readonly keyring: Keyring
  readonly sealer: Sealer
  readonly shedder: Shedder
  readonly accounts: Accounts
  readonly directory: { add(id: string): Promise<void>; list(): Promise<string[]> }
  readonly billing: BillingSink | undefined
  readonly sendJob: (message: JobMessage) => Promise<void>
  readonly webhooks: {
    /** Receivers on loopback and plain HTTP: on a local start only. */
    readonly allowLocal: boolean
    /** @param webhook `<account>:<webhook id>` */
    readonly secret: (webhook: string) => Promise<string>
    /** Drops what the webhook is still to be told. */
    readonly forget: (webhook: string) => Promise<void>
  }
  /** How long a screening may take in all: upload, intake and inference. */
  readonly deadlineMs: number
  /** After which the reservation of a screening that nobody settled lapses. */
  readonly leaseMs: number
}

export type EdgeContext = {
  Variables: {
    requestId: string
    account: string
    credential: Credential
    /** Who acts, for the audit log: a key's id, `token` or `admin`. */
    actor: string
    /** What the caller may do; not set for the admin. */
    scopes?: readonly string[]
  }
}

const MAX_JSON_BYTES = 65_536

/** The route table: read this first. */
export function createApp(deps: Deps): OpenAPIHono<EdgeContext> {
  const { accounts, identify } = deps
  const app = new OpenAPIHono<EdgeContext>({ defaultHook: invalidInput })
  app.onError(problem)
  app.notFound(notFound(() => contract().paths ?? {}))
  app.use(requestId({ headerName: '' })) // made here: a caller's own id would let it write into our log lines
  app.use(timing(), secureHeaders(), cors({ origin: '*', maxAge: 600, exposeHeaders: EXPOSED }))

  app.use(async (c, next) => {
    await next()
    // Answers are data: should a browser ever show one, nothing in it runs or is framed.
    if (!c.res.headers.has(CSP)) c.header(CSP, "default-src 'none'; frame-ancestors 'none'")
    // Of a patient, an account or a key, unless it is the same for everybody.
    if (!PUBLIC.has(c.req.path)) c.header('Cache-Control', 'no-store')
  })

  app.openapi(healthRoute, health)
  app.openapi(modelRoute, model(deps))

  app.openAPIRegistry.registerPath(screenRoute)
  app.use('/v1/screenings/*', auth(identify))
  app.post('/v1/screenings', screen(deps))
  app.route('/v1', jobRoutes(deps))

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
  app.route('/v1', accountRoutes(deps, { as: 'key', guard: (scope) => admit(accounts, scope) }))
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
const PUBLIC = new Set(['/v1/health', '/v1/model', '/v1/openapi.json', '/v1/docs'])
const EXPOSED = [
  'Allow',
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
