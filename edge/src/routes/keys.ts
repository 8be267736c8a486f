import { type KeyInput, keyInputSchema, type Scope } from '@detl/core/api/account'
import type { Keyring } from '@detl/core/api/api-key'
import { AppError } from '@detl/core/api/problem'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Accounts } from '../accounts.ts'
import type { EdgeContext } from '../context.ts'
import { invalidInput } from '../middleware/problem.ts'
import { CreatedKey, Key } from '../schemas.ts'
import { type Access, accessTo, missing } from './access.ts'
import { json, jsonBody, problems, WITH_INPUT } from './documented.ts'

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
export type KeyRouteDeps = { readonly accounts: Accounts; readonly keyring: Keyring }

/** API keys of one account. */
export function keyRoutes({ accounts, keyring }: KeyRouteDeps, access: Access) {
  const app = new OpenAPIHono<EdgeContext>({ defaultHook: invalidInput })
  const { common, id, by, ledgerOf, existing } = accessTo(accounts, access)

  /** A key cannot give what it does not have. */
  function allowed(c: Context<EdgeContext>, { scopes }: Pick<KeyInput, 'scopes'>) {
    const own = c.get('principal')?.scopes
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
      const ledger = await existing(c)
      const { key, row } = await issue(c, input)
      return c.json({ ...(await ledger.addKey(row, c.get('actor'))), key }, 201)
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
  return app
}
