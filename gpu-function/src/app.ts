import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { AppError, PROBLEMS, type ProblemCode } from '@detl/core/api/problem'
import { type Answer, type Call, json, type Params, type Route } from './call.ts'
import { commonHeaders, type ObserveDeps, record, type ServerState } from './observe.ts'
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
import { type SignedDeps, verifyCall } from './signed.ts'
import { traceOf } from './trace.ts'

/** All that routes ask for; each declares the few that it needs. */
export type AppDeps = ObserveDeps & SignedDeps & InferDeps & MetricsDeps

type Row = { readonly method: 'GET' | 'POST'; readonly path: RegExp; readonly route: Route }

const MODEL = '/v2/models/(?<name>[^/]+)(?:/versions/(?<version>[^/]+))?'
const row = (method: Row['method'], path: string, route: Route): Row => ({
  method,
  path: new RegExp(`^${path}$`),
  route,
})

/**
 * The route table: Open Inference Protocol v2 (REST), Triton's model repository extension, and what hosts ask for. On `node:http` itself:
 * web requests and answers of a framework, made for each call, cost a quarter of a millisecond of it.
 */
export function createApp(deps: AppDeps): RequestListener {
  // Open to all: they tell nothing but that the server is there, and probes cannot sign.
  const open = [
    row('GET', '/ping', ping(deps)),
    row('GET', '/v2/health/live', live()),
    row('GET', '/v2/health/ready', ready(deps)),
    row('GET', '/metrics', metricsRoute(deps)),
  ]
  const signed = [
    row('POST', `${MODEL}/infer`, infer(deps)),
    row('GET', MODEL, modelMetadata(deps)),
    row('GET', `${MODEL}/ready`, modelReady(deps)),
    row('GET', '/v2/?', serverMetadata()),
    row('POST', '/v2/repository/index', repositoryIndex(deps)),
    row('POST', '/v2/repository/models/(?<name>[^/]+)/load', repositoryChange(deps, 'load')),
    row('POST', '/v2/repository/models/(?<name>[^/]+)/unload', repositoryChange(deps, 'unload')),
  ]
  const answer = async (call: Call): Promise<Answer> => {
    const found = find(open, call)
    if (found) return found.route(call, found.params)
    // Also what is not there: a stranger learns no names.
    if (call.path === '/v2' || call.path.startsWith('/v2/')) await verifyCall(call, deps)
    const { route, params } = find(signed, call) ?? notFound(call)
    return route(call, params)
  }
  return async (incoming, outgoing) => {
    const call = callOf(incoming, outgoing)
    let out: Answer
    try {
      out = await answer(call)
    } catch (error) {
      out = refusal(error as Error, deps, call)
    }
    send(out, call, outgoing)
    // After the answer is on its way: nobody waits for the bookkeeping.
    if (call.path.endsWith('/infer')) setImmediate(record, call, out.status, deps)
  }
}

function callOf(incoming: IncomingMessage, outgoing: ServerResponse): Call {
  const since = performance.now()
  // A proxy may write the address in full (RFC 9112, section 3.2.2); scheme and host are not signed.
  const url = incoming.url ?? '/'
  const target = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?]*/i, '')
  const query = target.indexOf('?')
  const path = query < 0 ? target : target.slice(0, query)
  const headers = incoming.headers as Call['headers']
  const left = new AbortController()
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) left.abort()
  })
  const trace = traceOf(headers.traceparent)
  const method = incoming.method ?? 'GET'
  return { method, target, path, headers, incoming, left: left.signal, since, trace, phases: {} }
}

function find(rows: readonly Row[], { method, path }: Call): { route: Route; params: Params } | undefined {
  // RFC 9110, section 9.3.2: HEAD is GET without the body, which Node leaves out.
  const asked = method === 'HEAD' ? 'GET' : method
  for (const { method: of, path: pattern, route } of rows) {
    const match = of === asked ? pattern.exec(path) : null
    if (!match) continue
    const { name, version } = match.groups ?? {}
    return { route, params: { name: decoded(name) ?? '', version: decoded(version) } }
  }
  return undefined
}

function decoded(part: string | undefined): string | undefined {
  try {
    return part && decodeURIComponent(part)
  } catch {
    // No text in UTF-8, and so no name of a model: it is not found.
    return part
  }
}

function notFound({ method, path }: Call): never {
  throw new AppError('not-found', `there is no ${method} ${path.slice(0, 128)}`)
}

/** What is left of a body that nobody wants is read away, for the sake of the next call of its connection; not for ever. */
const DISCARD_MS = 500

function send({ status, headers, body }: Answer, call: Call, outgoing: ServerResponse): void {
  const { incoming } = call
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  outgoing.writeHead(status, status === 204 ? headers : { ...headers, 'content-length': length })
  outgoing.end(body)
  if (incoming.complete) return
  incoming.resume()
  const late = setTimeout(() => incoming.socket.destroy(), DISCARD_MS).unref()
  for (const event of ['end', 'close']) incoming.once(event, () => clearTimeout(late))
}

/** The answer to what was thrown: `$inference_error_response` is an object with `error`; `code` is the stable one of the problem table. */
function refusal(error: Error, deps: AppDeps, call: Call): Answer {
  const { code, detail } = problemOf(error, deps, call)
  const { status } = PROBLEMS[code]
  call.code = error.name === 'AbortError' ? 'cancelled' : code
  const { headers, body } = json({ error: detail, code })
  return {
    status,
    headers: {
      ...headers,
      ...commonHeaders(call, deps.state),
      ...(status === 503 && { 'retry-after': String(call.retryAfterS ?? 1) }),
      ...(status === 401 && {
        'www-authenticate': 'Signature realm="detl"',
        // RFC 9421, section 5.1: what a signature must cover.
        'accept-signature':
          'sig1=("@method" "@path" "@query" "content-digest");created;keyid;nonce;alg="hmac-sha256"',
      }),
    },
    body,
  }
}

function problemOf(
  error: Error,
  { log, state }: Pick<AppDeps, 'log'> & { state: ServerState },
  call: Call,
): { code: ProblemCode; detail: string } {
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
