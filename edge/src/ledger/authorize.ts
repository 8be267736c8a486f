import type { Scope } from '@detl/core/api/account'
import type { Books } from './books.ts'
import { denial } from './denial.ts'
import type { Authorized, Credential, Denial, KeyRow, Principal } from './ledger.ts'

const ACCOUNT_BUCKET = { live: 'account', test: 'account:test' } as const

/**
 * Whether a credential holds, is within its rate and has a scope, in this order. One text for every key that does not hold: which
 * of them it was is not the caller's to learn.
 * @param options `rated: false` for work that no request brings: it takes none of the requests a minute
 */
export function authorize(
  { clock, profile, keys, takeTokens }: Books,
  credential: Credential,
  scope: Scope,
  { rated = true }: { rated?: boolean } = {},
): Authorized | Denial {
  const key = credential.kind === 'key' ? keys.valid(credential.hash) : undefined
  const account = profile.account(key?.mode)
  if (!account || (credential.kind === 'key' && !key))
    return denial('key-invalid', 'this key is not known, has expired or was revoked')
  const principal = principalOf(credential, key)
  const { limits, settings, plan } = account
  const { limits: rates, retryAfterS } = !rated
    ? { limits: [], retryAfterS: undefined }
    : takeTokens(
        [
          { policy: 'key', id: `key:${principal.key}`, quota: limits.perKeyPerMinute },
          // Each mode by itself: a test that runs wild keeps no live request out.
          { policy: 'account', id: ACCOUNT_BUCKET[principal.mode], quota: limits.perMinute },
        ],
        clock(),
      )
  if (retryAfterS !== undefined)
    return { ...denial('rate-limited', 'see the RateLimit fields', retryAfterS), rates }
  if (!principal.scopes.includes(scope))
    return { ...denial('scope-missing', `it needs the scope ${scope}`), rates }
  return { ok: true, principal, plan: plan.kind, settings, rates }
}

function principalOf(credential: Credential, key: KeyRow | undefined): Principal {
  if (credential.kind === 'token') {
    const { subject, scopes } = credential
    return {
      key: 'token',
      actor: subject === undefined ? 'token' : `token ${subject}`,
      mode: 'live',
      scopes,
      expires: null,
    }
  }
  const { id, mode, scopes, expires } = key!
  return { key: id, actor: id, mode, scopes: scopes.split(' '), expires }
}
