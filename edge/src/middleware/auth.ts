import { accountIdSchema, type Scope } from '@detl/core/api/account'
import { AppError } from '@detl/core/api/problem'
import type { Context, MiddlewareHandler } from 'hono'
import type { Accounts } from '../accounts.ts'
import type { EdgeContext } from '../app.ts'
import type { Identify } from '../identity.ts'
import type { Admitted, Refused } from '../ledger/ledger.ts'
import { rateLimitHeaders } from './rate-limit.ts'

/**
 * `Authorization: Bearer …` → account and credential, from the request alone.
 * @throws AppError key-missing, key-invalid, token-invalid
 */
export function auth(identify: Identify): MiddlewareHandler<EdgeContext> {
  return async (c, next) => {
    const { account, credential } = await identify(bearer(c))
    c.set('account', account)
    c.set('credential', credential)
    await next()
  }
}

/**
 * Asks the account's ledger whether the credential holds, has the scope and is within its rate; for routes that reserve nothing.
 * @throws AppError key-invalid, scope-missing, rate-limited
 */
export function admit(accounts: Accounts, scope: Scope): MiddlewareHandler<EdgeContext> {
  return async (c, next) => {
    const { principal } = admitted(c, await accounts(c.get('account')).admit(c.get('credential'), scope))
    c.set('actor', principal.actor)
    c.set('scopes', principal.scopes)
    await next()
  }
}

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
export function admitted<T extends Admitted>(c: Context<EdgeContext>, result: T | Refused): T {
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
