import { accountIdSchema, type Scope } from '@detl/core/api/account'
import { AppError } from '@detl/core/api/problem'
import type { Context, MiddlewareHandler } from 'hono'
import type { Accounts } from '../accounts.ts'
import type { EdgeContext } from '../context.ts'
import type { Identify } from '../identity.ts'
import type { Authorized, Denial, Doer } from '../ledger/ledger.ts'
import { rateLimitHeaders } from './rate-limit.ts'

/**
 * `Authorization: Bearer …` → account and credential, from the request alone.
 * @throws AppError key-missing, key-invalid, token-invalid
 */
export function auth(identify: Identify): MiddlewareHandler<EdgeContext> {
  return async (c, next) => {
    const { account, credential, mode } = await identify(bearer(c))
    c.set('account', account)
    c.set('credential', credential)
    c.set('mode', mode)
    await next()
  }
}

/**
 * Asks the account's ledger whether the credential holds, has the scope and is within its rate; for routes that reserve nothing.
 * @throws AppError key-invalid, scope-missing, rate-limited
 */
export function requireScope(accounts: Accounts, scope: Scope): MiddlewareHandler<EdgeContext> {
  return async (c, next) => {
    const ledger = accounts(c.get('account'))
    const { principal } = granted(c, await ledger.authorize(c.get('credential'), scope))
    c.set('actor', principal.actor)
    c.set('mode', principal.mode)
    c.set('principal', principal)
    await next()
  }
}

/** Who acts, on what keys of its mode made; behind `requireScope`. */
export const doer = (c: Context<EdgeContext>): Doer => ({ actor: c.get('actor'), mode: c.get('mode') })

/** The one secret of who runs the service. @param isAdmin compares without telling by its time how much was right */
export function adminAuth(isAdmin: (token: string) => Promise<boolean>): MiddlewareHandler<EdgeContext> {
  return async (c, next) => {
    if (!(await isAdmin(bearer(c)))) throw new AppError('key-invalid', 'this is not the admin key')
    const account = c.req.param('account')
    if (account !== undefined) {
      if (!accountIdSchema.safeParse(account).success)
        throw new AppError('not-found', 'there is no such account')
      c.set('account', account)
    }
    c.set('actor', 'admin')
    await next()
  }
}

/** A ledger's yes with its rate limits put into the answer, or its no thrown. */
export function granted<T extends Authorized>(c: Context<EdgeContext>, result: T | Denial): T {
  if (result.rates) for (const [name, value] of rateLimitHeaders(result.rates)) c.header(name, value)
  if (result.ok) return result
  throw new AppError(result.code, result.detail, { retryAfterS: result.retryAfterS })
}

function bearer(c: Context<EdgeContext>): string {
  const header = c.req.header('authorization')
  if (!header) throw new AppError('key-missing', 'send the API key as "Authorization: Bearer detl_…"')
  const token = /^Bearer +(\S+)$/i.exec(header)?.[1]
  if (token === undefined) throw new AppError('key-invalid', 'expected "Authorization: Bearer detl_…"')
  return token
}
