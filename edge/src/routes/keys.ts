import { type KeyInfo, keyInputSchema } from '@detl/core/api/account'
import type { KeyMode, Keyring } from '@detl/core/api/api-key'
import { AppError } from '@detl/core/api/problem'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Accounts } from '../accounts.ts'
import type { EdgeContext } from '../context.ts'
import type { By, Changed, NewSecret } from '../ledger/ledger.ts'
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
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a table of routes
export function keyRoutes({ accounts, keyring }: KeyRouteDeps, access: Access) {
  const app = new OpenAPIHono<EdgeContext>({ defaultHook: invalidInput })
  const { common, id, by, ledgerOf, shown, existing } = accessTo(accounts, access)

  async function secretOf(mode: KeyMode, account: string): Promise<{ key: string; made: NewSecret }> {
    const { key, hash, id: keyId } = await keyring.issue({ mode, account })
    return { key, made: { id: keyId, hash, prefix: key.slice(0, key.lastIndexOf('_')) } }
  }
  const who = (c: Context<EdgeContext>): By => ({ actor: c.get('actor'), principal: c.get('principal') })

  app.openapi(
    createRoute({
      method: 'get',
      path: '/keys',
      operationId: id('listKeys'),
      summary: 'API keys, without their secrets',
      description: 'A test key is shown test keys; a live key all.',
      ...by('keys:write'),
      responses: { 200: json(z.object({ keys: z.array(Key) }), 'Keys'), ...problems(...common) },
    }),
    async (c) => c.json({ keys: await ledgerOf(c).listKeys(shown(c)) }, 200),
  )
  app.openapi(
    createRoute({
      method: 'post',
      path: '/keys',
      operationId: id('createKey'),
      summary: 'Make an API key; its secret is in this answer and nowhere else',
      description:
        'A key makes, rotates and revokes only keys that have nothing that it has not itself: mode, scopes, and the time until which it holds. Made without an end, a key ends with the one that made it.',
      ...by('keys:write'),
      request: { body: jsonBody(keyInputSchema) },
      responses: {
        201: json(CreatedKey, 'The key'),
        ...problems(...common, ...WITH_INPUT, 'not-found', 'scope-missing'),
      },
    }),
    async (c) => {
      const { name, mode, scopes, expiresAt } = c.req.valid('json')
      const ledger = await existing(c)
      const { key, made } = await secretOf(mode, c.get('account'))
      const expires = expiresAt === undefined ? null : Date.parse(expiresAt)
      const row = { ...made, name, mode, scopes: scopes.join(' '), expires }
      return c.json({ ...changed(await ledger.addKey(row, who(c))), key }, 201)
    },
  )
  app.openapi(
    createRoute({
      method: 'post',
      path: '/keys/{key}/rotate',
      operationId: id('rotateKey'),
      summary: 'Make a successor of a key; the old one holds a while longer',
      description:
        'The successor has the name, mode, scopes and end of the old key. A key that has expired has none.',
      ...by('keys:write'),
      request: { params: keyParam, body: jsonBody(rotateSchema) },
      responses: {
        201: json(CreatedKey, 'The new key'),
        ...problems(...common, ...WITH_INPUT, 'not-found', 'scope-missing', 'conflict'),
      },
    }),
    async (c) => {
      const ledger = ledgerOf(c)
      const old = (await ledger.key(c.req.valid('param').key)) ?? missing('key')
      const { key, made } = await secretOf(old.mode, c.get('account'))
      const overlapMs = c.req.valid('json').overlapSeconds * 1000
      return c.json({ ...changed(await ledger.rotateKey(old.id, made, overlapMs, who(c))), key }, 201)
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
        ...problems(...common, 'request-invalid', 'not-found', 'scope-missing'),
      },
    }),
    async (c) => c.json(changed(await ledgerOf(c).revokeKey(c.req.valid('param').key, who(c))), 200),
  )
  return app
}

/** @throws AppError with the ledger's reason where nothing was changed */
function changed(result: Changed): KeyInfo {
  if (result.ok) return result.key
  throw new AppError(result.code, result.detail)
}
