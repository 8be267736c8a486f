import { AppError, PROBLEMS, type ProblemCode } from '@detl/core/api/problem'
import { Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Call, GpuEnv } from './call.ts'
import { commonHeaders, type ObserveDeps, observe } from './observe.ts'
import { type InferDeps, infer } from './routes/infer.ts'
import {
  live,
  modelMetadata,
  modelReady,
  ping,
  ready,
  repositoryChange,
  repositoryIndex,
  serverMetadata,
} from './routes/metadata.ts'
import { type MetricsDeps, metricsRoute } from './routes/metrics.ts'
import { type SignedDeps, signed } from './signed.ts'

/** All that routes and middleware ask for; each declares the few that it needs. */
export type AppDeps = ObserveDeps & SignedDeps & InferDeps & MetricsDeps

/** The route table: Open Inference Protocol v2 (REST), Triton's model repository extension, and what hosts ask for. */
export function createApp(deps: AppDeps): Hono<GpuEnv> {
  const app = new Hono<GpuEnv>()
  app.use(observe(deps))
  // Open to all: they tell nothing but that the server is there, and probes cannot sign.
  app.get('/ping', ping(deps))
  app.get('/v2/health/live', live())
  app.get('/v2/health/ready', ready(deps))
  app.get('/metrics', metricsRoute(deps))

  app.use('/v2/*', signed(deps))
  app.get('/v2', serverMetadata())
  app.get('/v2/', serverMetadata())
  for (const path of ['/v2/models/:name', '/v2/models/:name/versions/:version'] as const) {
    app.get(path, modelMetadata(deps))
    app.get(`${path}/ready`, modelReady(deps))
    app.post(`${path}/infer`, infer(deps))
  }
  app.post('/v2/repository/index', repositoryIndex(deps))
  app.post('/v2/repository/models/:name/load', repositoryChange(deps, 'load'))
  app.post('/v2/repository/models/:name/unload', repositoryChange(deps, 'unload'))

  app.notFound((c) => {
    c.get('call').code = 'not-found'
    return c.json(errorBody('not-found', `there is no ${c.req.method} ${c.req.path.slice(0, 128)}`), 404)
  })
  app.onError((error, c) => {
    const call = c.get('call')
    const { code, detail } = problemOf(error, deps, call)
    for (const [name, value] of Object.entries(commonHeaders(call, deps.state))) c.header(name, value)
    call.code = error.name === 'AbortError' ? 'cancelled' : code
    if (PROBLEMS[code].status === 503) c.header('retry-after', String(call.retryAfterS ?? 1))
    if (PROBLEMS[code].status === 401) {
      c.header('www-authenticate', 'Signature realm="detl"')
      // RFC 9421, section 5.1: what a signature must cover.
      c.header(
        'accept-signature',
        'sig1=("@method" "@path" "@query" "content-digest");created;keyid;nonce;alg="hmac-sha256"',
      )
    }
    return c.json(errorBody(code, detail), PROBLEMS[code].status as ContentfulStatusCode)
  })
  return app
}

/** `$inference_error_response` is an object with `error`; `code` is the stable one of the problem table. */
const errorBody = (code: ProblemCode, error: string) => ({ error, code })

function problemOf(error: Error, { log, state }: AppDeps, call: Call): { code: ProblemCode; detail: string } {
  if (error instanceof AppError) {
    if (PROBLEMS[error.code].status === 500)
      log.error({ err: error, traceId: call.trace.traceId }, 'call failed')
    return { code: error.code, detail: error.detail }
  }
  // Nobody reads this answer: its caller has closed the connection.
  if (error.name === 'AbortError') return { code: 'deadline-exceeded', detail: 'the caller has left' }
  log.error({ err: error, traceId: call.trace.traceId, draining: state.draining }, 'unexpected error')
  return { code: 'internal', detail: 'the call failed for a reason that is ours' }
}
