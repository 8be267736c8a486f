import type { BatchInfo, BatchItem } from '@detl/core/api/batch'
import { AppError } from '@detl/core/api/problem'
import { problemDetails } from '@detl/core/api/problem-schema'
import type { Manifest } from '@detl/core/model/manifest'
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { parseAccept } from 'hono/utils/accept'
import type { Accounts } from '../accounts.ts'
import type { Batches, RemoteBook } from '../batch/batches.ts'
import type { Standing } from '../batch/book-types.ts'
import { loadManifest } from '../batch/load-manifest.ts'
import { authorizationName, batchId } from '../batch/names.ts'
import type { PartStore } from '../batch/part-store.ts'
import { manifestType } from '../batch/read-manifest.ts'
import { csv, failuresAfter, fhirBundle, fhirNdjson, ndjson, streamOf } from '../batch/results.ts'
import { checkItem, type SourceHosts } from '../batch/source-rules.ts'
import type { EdgeContext } from '../context.ts'
import { drain } from '../drain.ts'
import { doer, requireScope } from '../middleware/auth.ts'
import { invalidInput, valid } from '../middleware/problem.ts'
import { idempotencyKeyOf, languageOf } from '../screening/headers.ts'
import type { Sealer } from '../seal.ts'
import { missing } from './access.ts'
import {
  CHANGES,
  createBatchRoute,
  deleteBatchRoute,
  failuresRoute,
  getBatchRoute,
  listBatchesRoute,
  RESULT_TYPES,
  resultsRoute,
} from './batch-route.ts'

export type BatchRouteDeps = {
  readonly accounts: Accounts
  readonly batches: Batches
  readonly parts: PartStore
  readonly sealer: Sealer
  readonly manifest: Manifest
  readonly sourceHosts: SourceHosts
}

const MAX_BATCHES = 100
const LISTED = 20

/** Archives: a manifest in, results out. */
export function batchRoutes(deps: BatchRouteDeps) {
  const app = new OpenAPIHono<EdgeContext>({ defaultHook: invalidInput })
  const { accounts, batches } = deps
  const may = (scope: 'screenings:read' | 'screenings:write') => requireScope(accounts, scope)
  const read = may('screenings:read')
  const write = may('screenings:write')
  for (const path of ['/batches', '/batches/*'])
    app.use(path, (c, next) => (c.req.method === 'GET' ? read(c, next) : write(c, next)))

  app.openAPIRegistry.registerPath({ ...createBatchRoute, path: '/batches' })
  app.post('/batches', (c) => createBatch(deps, c))
  app.openapi(listBatchesRoute, async (c) => {
    const account = c.get('account')
    const rows = await accounts(account).batches(LISTED, c.get('mode'))
    const standings = await Promise.all(rows.map(({ id }) => batches(account, id).standing()))
    return c.json({ batches: standings.flatMap((one) => (one ? [infoOf(one)] : [])) }, 200)
  })
  app.openapi(getBatchRoute, async (c) => {
    const { standing } = await found(deps, c, c.req.valid('param').batch)
    return c.json(infoOf(standing), 200)
  })
  for (const { route, name, change } of CHANGES)
    app.openapi(route, async (c) => {
      const { book, standing } = await found(deps, c, c.req.valid('param').batch)
      const done = await change(book)
      if (done === false || done === undefined)
        throw new AppError('conflict', `it is ${standing.state}: it cannot ${name} any more`)
      await accounts(c.get('account')).noteBatch(standing.head.id, c.get('actor'), name)
      return c.json(infoOf((await book.standing())!), 200)
    })
  app.openapi(deleteBatchRoute, async (c) => {
    const { book, standing } = await found(deps, c, c.req.valid('param').batch)
    const { state, head } = standing
    if (state !== 'completed' && state !== 'cancelled')
      throw new AppError('conflict', `it is ${state}: cancel it first`)
    await book.forget()
    await accounts(c.get('account')).noteBatch(head.id, c.get('actor'), 'deleted')
    return c.body(null, 204)
  })
  app.openapi(failuresRoute, async (c) => {
    const { book, standing } = await found(deps, c, c.req.valid('param').batch)
    const { after, limit } = c.req.valid('query')
    const failures = await failuresAfter(deps, standing.head, book, after, limit)
    const next = failures.length === limit ? failures.at(-1)?.item : undefined
    return c.json({ failures, ...(next !== undefined && { next }) }, 200)
  })
  app.openAPIRegistry.registerPath(resultsRoute)
  app.get('/batches/:batch/results', (c) => results(deps, c))
  return app
}

/** @throws AppError not-found */
async function found({ accounts, batches }: BatchRouteDeps, c: Context<EdgeContext>, id: string) {
  const account = c.get('account')
  // Asked first: a batch's object comes to be when it is called.
  if (!(await accounts(account).hasBatch(id, c.get('mode')))) missing('batch')
  const book = batches(account, id)
  const standing = (await book.standing()) ?? missing('batch')
  return { book, standing }
}

async function createBatch(deps: BatchRouteDeps, c: Context<EdgeContext>): Promise<Response> {
  const { accounts, batches, sealer, sourceHosts } = deps
  const account = c.get('account')
  const mode = c.get('mode')
  const type = manifestType(c.req.header('content-type'))
  const { name, fhir, paused } = valid(createBatchRoute.request.query, c.req.query())
  const { body } = c.req.raw
  if ((c.req.header('content-encoding') ?? 'identity') !== 'identity')
    throw new AppError('encoding-unsupported', 'send the manifest as it is, without Content-Encoding')
  if (!body) throw new AppError('request-invalid', 'the body is the manifest: NDJSON or CSV')
  const key = idempotencyKeyOf(c)
  const id = key === undefined ? crypto.randomUUID() : await batchId(account, mode, key)
  const ledger = accounts(account)
  if (!(await ledger.hasBatch(id, mode)) && (await ledger.batches(MAX_BATCHES, mode)).length >= MAX_BATCHES)
    throw new AppError(
      'conflict',
      `an account has at most ${MAX_BATCHES} batches of each mode; delete some that have ended`,
    )
  const book = batches(account, id)
  const { 'source-authorization': authorization } = valid(createBatchRoute.request.headers, c.req.header())
  const sealed =
    authorization === undefined
      ? undefined
      : await sealer.sealBytes(authorizationName(account, id), new TextEncoder().encode(authorization))
  await ledger.addBatch(id, doer(c))
  const loader = crypto.randomUUID()
  const made = await book.create({
    id,
    account,
    loader,
    name: name ?? id.slice(0, 8),
    credential: c.get('credential'),
    language: languageOf(c),
    fhir,
    sourceAuthorization: sealed,
  })
  if (made === 'made') {
    const check = (item: BatchItem) => checkItem(item, account, sourceHosts)
    await loadManifest({ book, sealer, account, id, loader, paused }, body, type, check)
  } else await drain(body.getReader())
  if (made === 'loading')
    throw new AppError(
      'idempotency-in-flight',
      'another request with this Idempotency-Key brings the manifest',
    )
  c.header('Location', `/v1/batches/${id}`)
  return c.json(infoOf((await book.standing())!), made === 'made' ? 201 : 200)
}

async function results(deps: BatchRouteDeps, c: Context<EdgeContext>): Promise<Response> {
  const { params, query } = resultsRoute.request
  const { batch } = valid(params, c.req.param())
  const { after } = valid(query, c.req.query())
  const { book, standing } = await found(deps, c, batch)
  const { head } = standing
  const type = wantedType(c.req.header('accept'))
  c.header('Vary', 'Accept')
  if (type.startsWith('application/fhir') && !head.fhir)
    throw new AppError('not-acceptable', 'this batch was made without ?fhir=true: it has no FHIR')
  if (type === 'application/fhir+json') {
    const address = new URL(c.req.url)
    const bundle = await fhirBundle(deps, book, address.origin + address.pathname, after)
    return c.json(bundle, 200, { 'content-type': 'application/fhir+json; fhirVersion=4.0' })
  }
  return new Response(streamOf(piecesOf(deps, type, book, standing)), {
    headers: {
      ...Object.fromEntries(c.res.headers),
      'content-type': CONTENT_TYPES[type] ?? 'application/x-ndjson',
    },
  })
}

/** @throws AppError not-acceptable */
function wantedType(accept: string | undefined): (typeof RESULT_TYPES)[number] {
  const ranges = parseAccept(accept ?? '*/*').filter(({ q }) => q > 0)
  for (const { type } of ranges.sort((a, b) => b.q - a.q)) {
    const wanted = RESULT_TYPES.find((one) => one === type.toLowerCase())
    if (wanted) return wanted
    if (type === '*/*' || type === 'application/*') return RESULT_TYPES[0]
  }
  throw new AppError('not-acceptable', `offered: ${RESULT_TYPES.join(', ')}`)
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  'text/csv': 'text/csv; charset=utf-8',
  'application/fhir+ndjson': 'application/fhir+ndjson; fhirVersion=4.0',
}

function piecesOf(deps: BatchRouteDeps, type: string, book: RemoteBook, { head }: Standing) {
  if (type === 'text/csv') return csv(deps, head, book, deps.manifest.labels)
  if (type === 'application/fhir+ndjson') return fhirNdjson(deps, book)
  return ndjson(deps, head, book)
}

function infoOf(standing: Standing): BatchInfo {
  const { head, state, createdAt, endedAt, expiresAt, total, succeeded, failed, cancelled, why, perMs } =
    standing
  const waiting = total - succeeded - failed - cancelled
  const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())
  return {
    id: head.id,
    name: head.name,
    status: state,
    createdAt: iso(createdAt)!,
    endedAt: iso(endedAt),
    expiresAt: iso(expiresAt),
    items: { total, succeeded, failed, cancelled, waiting },
    fhir: head.fhir,
    itemsPerMinute: perMs === null ? null : Math.round(perMs * 600_000) / 10,
    estimatedEndAt: perMs !== null && perMs > 0 ? iso(Date.now() + waiting / perMs) : null,
    ...(why && { problem: problemDetails(why.code, why.detail) }),
  }
}
