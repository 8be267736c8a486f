import type { Scope } from '@detl/core/api/account'
import {
  auditEntrySchema,
  type KeyInput,
  keyInputSchema,
  settingsSchema,
  usageRowSchema,
} from '@detl/core/api/account'
import { AppError } from '@detl/core/api/problem'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import { toCsv } from '../answers/csv.ts'
import type { Deps, EdgeContext } from '../app.ts'
import { invalidInput } from '../middleware/problem.ts'
import {
  BY_ADMIN,
  BY_KEY,
  json,
  jsonBody,
  problems,
  WITH_ADMIN_KEY,
  WITH_INPUT,
  WITH_KEY,
} from './documented.ts'
import { Account, CreatedKey, Key } from './schemas.ts'

const MAX_OVERLAP_S = 30 * 24 * 3600
const rotateSchema = z.strictObject({
  /** Seconds for which the old key still holds. */
  overlapSeconds: z
    .int()
    .min(0)
    .max(MAX_OVERLAP_S)
    .default(24 * 3600),
})
const keyParam = z.object({ key: z.string().regex(/^[a-z0-9-]{1,64}$/) })
const usageQuery = z.object({
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
})
const auditQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  before: z
    .string()
    .regex(/^\d{1,15}\.\d{1,15}$/)
    .optional()
    .openapi({ description: '`next` of the page before' }),
})

/** Who may call: the account's own key with a scope, or the admin. */
export type Access = {
  readonly as: 'key' | 'admin'
  readonly guard: (scope: Scope) => MiddlewareHandler<EdgeContext>
}

/**
 * Keys, usage, settings and audit log of one account: the same routes for the account itself and, below `/v1/admin/accounts/{account}`, for who
 * runs the service.
 */
export function accountRoutes(
  { accounts, keyring }: Pick<Deps, 'accounts' | 'keyring'>,
  { as, guard }: Access,
) {
  const app = new OpenAPIHono<EdgeContext>({ defaultHook: invalidInput })
  const security = as === 'key' ? BY_KEY : BY_ADMIN
  const common = as === 'key' ? WITH_KEY : WITH_ADMIN_KEY
  const tags = [as === 'key' ? 'account' : 'admin']
  const id = (name: string) => (as === 'key' ? name : `admin${name[0]!.toUpperCase()}${name.slice(1)}`)
  /** What the routes have in common: who may call them. */
  const by = (scope: Scope) => {
    const middleware: [MiddlewareHandler<EdgeContext>] = [guard(scope)]
    return { tags, security, middleware }
  }
  const ledgerOf = (c: Context<EdgeContext>) => accounts(c.get('account'))

  /** A key cannot give what it does not have. */
  function allowed(c: Context<EdgeContext>, { scopes }: Pick<KeyInput, 'scopes'>) {
    const own = c.get('scopes')
    const more = own && scopes.filter((scope) => !own.includes(scope))
    if (more?.length) throw new AppError('scope-missing', `this key cannot give ${more.join(', ')}`)
  }

  async function issue(c: Context<EdgeContext>, input: KeyInput) {
    const { key, hash, id: keyId } = await keyring.issue({ mode: input.mode, account: c.get('account') })
    const row = {
      id: keyId,
      hash,
      prefix: key.slice(0, key.lastIndexOf('_')),
      name: input.name,
      mode: input.mode,
      scopes: input.scopes.join(' '),
      expires: input.expiresAt === undefined ? null : Date.parse(input.expiresAt),
    }
    return { key, row }
  }

  app.openapi(
    createRoute({
      method: 'get',
      path: '/account',
      operationId: id('getAccount'),
      summary: 'Plan, limits and settings',
      ...by('usage:read'),
      responses: { 200: json(Account, 'The account'), ...problems(...common, 'not-found') },
    }),
    async (c) => c.json((await ledgerOf(c).account()) ?? missing('account'), 200),
  )
  app.openapi(
    createRoute({
      method: 'put',
      path: '/account/settings',
      operationId: id('putSettings'),
      summary: 'Operating point and prevalence that answers are made with',
      ...by('account:write'),
      request: { body: jsonBody(settingsSchema) },
      responses: {
        200: json(Account, 'The account'),
        ...problems(...common, ...WITH_INPUT, 'not-found'),
      },
    }),
    async (c) => {
      if (!(await ledgerOf(c).account())) missing('account')
      return c.json(await ledgerOf(c).setSettings(c.req.valid('json'), c.get('actor')), 200)
    },
  )
  app.openapi(
    createRoute({
      method: 'get',
      path: '/keys',
      operationId: id('listKeys'),
      summary: 'API keys, without their secrets',
      ...by('keys:write'),
      responses: { 200: json(z.object({ keys: z.array(Key) }), 'Keys'), ...problems(...common) },
    }),
    async (c) => c.json({ keys: await ledgerOf(c).listKeys() }, 200),
  )
  app.openapi(
    createRoute({
      method: 'post',
      path: '/keys',
      operationId: id('createKey'),
      summary: 'Make an API key; its secret is in this answer and nowhere else',
      ...by('keys:write'),
      request: { body: jsonBody(keyInputSchema) },
      responses: {
        201: json(CreatedKey, 'The key'),
        ...problems(...common, ...WITH_INPUT, 'not-found', 'scope-missing'),
      },
    }),
    async (c) => {
      const input = c.req.valid('json')
      allowed(c, input)
      if (!(await ledgerOf(c).account())) missing('account')
      const { key, row } = await issue(c, input)
      return c.json({ ...(await ledgerOf(c).addKey(row, c.get('actor'))), key }, 201)
    },
  )
  app.openapi(
    createRoute({
      method: 'post',
      path: '/keys/{key}/rotate',
      operationId: id('rotateKey'),
      summary: 'Make a successor of a key; the old one holds a while longer',
      ...by('keys:write'),
      request: { params: keyParam, body: jsonBody(rotateSchema) },
      responses: {
        201: json(CreatedKey, 'The new key'),
        ...problems(...common, ...WITH_INPUT, 'not-found', 'scope-missing', 'conflict'),
      },
    }),
    async (c) => {
      const old = (await ledgerOf(c).key(c.req.valid('param').key)) ?? missing('key')
      if (old.revoked !== null) throw new AppError('conflict', 'the key was revoked; make a new one')
      const scopes = old.scopes.split(' ') as Scope[]
      allowed(c, { scopes })
      const { key, row } = await issue(c, { name: old.name, mode: old.mode, scopes })
      const overlapMs = c.req.valid('json').overlapSeconds * 1000
      return c.json({ ...(await ledgerOf(c).rotateKey(old.id, row, overlapMs, c.get('actor'))), key }, 201)
    },
  )
  app.openapi(
    createRoute({
      method: 'delete',
      path: '/keys/{key}',
      operationId: id('revokeKey'),
      summary: 'Revoke a key, from the next request on',
      ...by('keys:write'),
      request: { params: keyParam },
      responses: {
        200: json(Key, 'The key as it is now'),
        ...problems(...common, 'request-invalid', 'not-found'),
      },
    }),
    async (c) =>
      c.json((await ledgerOf(c).revokeKey(c.req.valid('param').key, c.get('actor'))) ?? missing('key'), 200),
  )
  app.openAPIRegistry.registerPath({
    method: 'get',
    path: '/usage',
    operationId: id('getUsage'),
    summary: 'Screenings by day, key and outcome; JSON, or CSV by Accept',
    tags,
    security,
    request: { query: usageQuery },
    responses: {
      200: {
        description: 'Usage; the last 31 days unless `from` and `to` (both inclusive, UTC) say otherwise',
        content: {
          'application/json': { schema: z.object({ usage: z.array(usageRowSchema) }) },
          'text/csv': { schema: z.string() },
        },
      },
      ...problems(...common, 'request-invalid'),
    },
  })
  app.get('/usage', guard('usage:read'), async (c) => {
    const query = usageQuery.safeParse(c.req.query())
    if (!query.success) throw new AppError('request-invalid', 'from and to are dates, as 2026-01-31')
    const day = (daysAgo: number) => new Date(Date.now() - daysAgo * 24 * 3600_000).toISOString().slice(0, 10)
    const usage = await ledgerOf(c).usage(query.data.from ?? day(31), query.data.to ?? day(0))
    c.header('Vary', 'Accept')
    if (/\btext\/csv\b/.test(c.req.header('accept') ?? ''))
      return c.body(toCsv(usage), 200, { 'content-type': 'text/csv; charset=utf-8' })
    return c.json({ usage })
  })
  app.openapi(
    createRoute({
      method: 'get',
      path: '/audit',
      operationId: id('getAudit'),
      summary: 'Who did what when, newest first: changes, and screenings with their code',
      ...by('account:write'),
      request: { query: auditQuery },
      responses: {
        200: json(
          z.object({ entries: z.array(auditEntrySchema), next: z.string().optional() }),
          'Audit log; `next` where there is more',
        ),
        ...problems(...common, 'request-invalid'),
      },
    }),
    async (c) => {
      const { limit, before } = c.req.valid('query')
      return c.json(await ledgerOf(c).auditLog(limit, before), 200)
    },
  )
  return app
}

function missing(what: string): never {
  throw new AppError('not-found', `there is no such ${what}`)
}
