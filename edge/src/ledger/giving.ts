import { denial } from './denial.ts'
import type { Denial, KeyRow, Principal } from './ledger.ts'

/**
 * A key has power only over keys that have nothing that it has not itself: so nobody gets further, or stays longer, by a key of a key.
 * @param principal absent for who runs the service
 */
export function beyond(
  principal: Principal | undefined,
  { mode, scopes, expires }: Pick<KeyRow, 'mode' | 'scopes' | 'expires'>,
): Denial | undefined {
  if (!principal) return undefined
  const more = scopes.split(' ').filter((scope) => !principal.scopes.includes(scope))
  if (more.length > 0) return denial('scope-missing', `this key has not ${more.join(', ')} itself`)
  if (mode === 'live' && principal.mode === 'test')
    return denial('scope-missing', 'a test key has no power over live keys')
  if (principal.expires !== null && (expires === null || expires > principal.expires))
    return denial('scope-missing', 'this key ends before that one would')
  return undefined
}
