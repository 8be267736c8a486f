import type { Scope } from '@detl/core/api/account'
import type { KeyMode } from '@detl/core/api/api-key'
import { AppError } from '@detl/core/api/problem'
import type { Context, MiddlewareHandler } from 'hono'
import type { Accounts, RemoteLedger } from '../accounts.ts'
import type { EdgeContext } from '../context.ts'
import { BY_ADMIN, BY_KEY, WITH_ADMIN_KEY, WITH_KEY } from './documented.ts'

/** Who may call: the account's own key with a scope, or the admin. */
export type Access = {
  readonly as: 'key' | 'admin'
  readonly guard: (scope: Scope) => MiddlewareHandler<EdgeContext>
}

/** What the routes of one account have in common: who may call them, what they may answer, and whose ledger it is. */
export function accessTo(accounts: Accounts, { as, guard }: Access) {
  const byKey = as === 'key'
  const documented = { tags: [byKey ? 'account' : 'admin'], security: byKey ? BY_KEY : BY_ADMIN }
  const ledgerOf = (c: Context<EdgeContext>): RemoteLedger => accounts(c.get('account'))
  return {
    documented,
    common: byKey ? WITH_KEY : [...WITH_ADMIN_KEY, 'not-found' as const], // an account that cannot be one
    /** Of an operation, in the OpenAPI document. */
    id: (name: string): string => (byKey ? name : `admin${name[0]!.toUpperCase()}${name.slice(1)}`),
    by(scope: Scope) {
      const middleware: [MiddlewareHandler<EdgeContext>] = [guard(scope)]
      return { ...documented, middleware }
    },
    ledgerOf,
    /** Whose settings; the admin's are those of live keys. */
    modeOf: (c: Context<EdgeContext>): KeyMode => (byKey ? c.get('mode') : 'live'),
    /** A test key is shown what test keys did; a live key, and the admin, all. */
    shown: (c: Context<EdgeContext>) => (byKey && c.get('mode') === 'test' ? ('test' as const) : undefined),
    async existing(c: Context<EdgeContext>): Promise<RemoteLedger> {
      const ledger = ledgerOf(c)
      if (!(await ledger.account())) missing('account')
      return ledger
    },
  }
}

/** @throws AppError not-found */
export function missing(what: string): never {
  throw new AppError('not-found', `there is no such ${what}`)
}
