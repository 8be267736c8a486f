import { API_KEY, keyHasher } from '@detl/core/api/api-key'
import { AppError } from '@detl/core/api/problem'
import type { MiddlewareHandler } from 'hono'
import type { EdgeContext } from '../app.ts'

/** Finds the account of an API key by the key's keyed hash. */
export type FindAccount = (keyHash: string) => Promise<string | undefined>

/**
 * `Authorization: Bearer detl_…` → the account that the handlers work for.
 * @throws AppError key-missing, key-invalid
 */
export function auth(findAccount: FindAccount, pepper: string): MiddlewareHandler<EdgeContext> {
  const hash = keyHasher(pepper)
  return async (c, next) => {
    const header = c.req.header('authorization')
    if (!header) throw new AppError('key-missing', 'send the API key as "Authorization: Bearer detl_…"')
    const key = /^Bearer +(\S+)$/i.exec(header)?.[1] ?? ''
    if (!API_KEY.test(key)) throw new AppError('key-invalid', 'expected "Authorization: Bearer detl_…"')
    const account = await findAccount(await hash(key))
    if (!account) throw new AppError('key-invalid', 'this key is not known, or was revoked')
    c.set('account', account)
    await next()
  }
}
