import { API_KEY, type KeyMode, type Keyring } from '@detl/core/api/api-key'
import { AppError } from '@detl/core/api/problem'
import type { Credential } from './ledger/ledger.ts'

/** Whose request it is, as far as the request alone can tell; the account's ledger says whether it may. */
export type Identity = {
  readonly account: string
  readonly credential: Credential
  /** What the key says of itself; its tag vouches for it. */
  readonly mode: KeyMode
}
/** A bearer token of `Authorization` → identity. @throws AppError key-invalid, token-invalid */
export type Identify = (token: string) => Promise<Identity>

export type IdentityOptions = {
  readonly keyring: Keyring
  /** Keys that the deployment's configuration brings: hash → account. */
  readonly configured: ReadonlyMap<string, string>
  /** Verifies a JWT; absent where no issuer is configured. */
  readonly verifyToken?: ((token: string) => Promise<Identity>) | undefined
}

export function identifier({ keyring, configured, verifyToken }: IdentityOptions): Identify {
  return async (token) => {
    if (!token.startsWith('detl_')) {
      if (!verifyToken) throw new AppError('key-invalid', 'expected "Authorization: Bearer detl_…"')
      return verifyToken(token)
    }
    if (!API_KEY.test(token)) throw new AppError('key-invalid', 'expected "Authorization: Bearer detl_…"')
    const hash = await keyring.hash(token)
    const credential = { kind: 'key', hash } as const
    const account = configured.get(hash)
    if (account !== undefined) return { account, credential, mode: 'test' } // as `ledger/seed.ts` makes them
    const parts = await keyring.read(token)
    if (!parts) throw new AppError('key-invalid', 'this key is not known, has expired or was revoked')
    return { account: parts.account, credential, mode: parts.mode }
  }
}
