import type { KeyMode } from '@detl/core/api/api-key'
import type { Authorized, Credential } from './ledger/ledger.ts'

/** What middleware puts into a request's context for the routes behind it. */
export type EdgeContext = {
  Variables: {
    requestId: string
    account: string
    credential: Credential
    /** Of the key that the request came with; tokens are live. What keys of the other mode made is not there for it. */
    mode: KeyMode
    /** Who acts, for the audit log: a key's id, `token` or `admin`. */
    actor: string
    /** Whose key or token it is and what it may do; not set for the admin. */
    principal?: Authorized['principal']
  }
}
