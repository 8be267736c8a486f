import { API_KEY, type Keyring } from '@detl/core/api/api-key'
import { AppError } from '@detl/core/api/problem'
import type { Credential } from './ledger/ledger.ts'

/** Whose request it is, as far as the request alone can tell; the account's ledger says whether it may. */
export type Identity = { readonly account: string; readonly credential: Credential }
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
    const account = configured.get(hash) ?? (await keyring.read(token))?.account
    if (account === undefined)
      throw new AppError('key-invalid', 'this key is not known, has expired or was revoked')
    return { account, credential: { kind: 'key', hash } }
  }
}
