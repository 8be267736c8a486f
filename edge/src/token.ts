import { accountIdSchema } from '@detl/core/api/account'
import { AppError } from '@detl/core/api/problem'
import {
  createRemoteJWKSet,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose'
import type { Identity } from './identity.ts'

export type TokenOptions = {
  readonly issuer: string
  readonly audience: string
  readonly jwksUrl: string
}

/** Asymmetric only: with an HMAC among them a public key could be passed off as its secret (RFC 8725, section 2.1). */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA']
const CLOCK_SKEW_S = 30
const MAX_TOKEN_CHARS = 8192
const MAX_SUBJECT_CHARS = 255 // OpenID Connect Core 1.0, section 2

/** The account's id in a token. */
const ACCOUNT_CLAIM = 'detl_account'

/**
 * Verifies JWTs of one OpenID issuer (RFC 7519, RFC 8725): signature under the issuer's published keys, which are cached, issuer, audience,
 * expiry, with 30 s of clock skew. Claims: `detl_account` and, space-separated, `scope`.
 * @param keys for tests; else the issuer's key set
 * @returns a function that throws AppError token-invalid, or issuer-unavailable where the key set cannot be fetched
 */
export function tokenVerifier(
  { issuer, audience, jwksUrl }: TokenOptions,
  keys: JWTVerifyGetKey = createRemoteJWKSet(new URL(jwksUrl), {
    timeoutDuration: 3000,
    cooldownDuration: 30_000,
  }),
): (token: string) => Promise<Identity> {
  return async (token) => {
    if (token.length > MAX_TOKEN_CHARS) throw invalid('it is too long')
    const payload = await verified(token, published(keys), {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_SKEW_S,
      requiredClaims: ['exp', 'sub', ACCOUNT_CLAIM],
    }).catch((cause) => {
      if (cause instanceof AppError) throw cause
      // One text for all of them; which check failed is the log's to know.
      throw invalid('signature, issuer, audience or time do not hold', cause)
    })
    const account = accountIdSchema.safeParse(payload[ACCOUNT_CLAIM])
    if (!account.success) throw invalid(`the claim ${ACCOUNT_CLAIM} names no account`)
    const scopes = typeof payload.scope === 'string' ? payload.scope.split(' ') : []
    // A string (RFC 7519, section 4.1.2), which jose does not look at.
    if (typeof payload.sub !== 'string') throw invalid('the claim sub is no string')
    const subject = payload.sub.slice(0, MAX_SUBJECT_CHARS)
    return { account: account.data, credential: { kind: 'token', scopes, subject }, mode: 'live' }
  }
}

/** The token's claims. Where several keys fit its header, as when an issuer changes keys without naming them, each is tried. */
async function verified(
  token: string,
  keys: JWTVerifyGetKey,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload
  } catch (several) {
    if (!(several instanceof errors.JWKSMultipleMatchingKeys)) throw several
    for await (const key of several) {
      try {
        return (await jwtVerify(token, key, options)).payload
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error
      }
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}

/** The key that a token is signed with, unless the key set cannot be fetched: that says nothing of the token. */
const published =
  (keys: JWTVerifyGetKey): JWTVerifyGetKey =>
  async (header, token) => {
    try {
      return await keys(header, token)
    } catch (cause) {
      const ofTheToken =
        cause instanceof errors.JWKSNoMatchingKey ||
        cause instanceof errors.JWKSMultipleMatchingKeys ||
        cause instanceof errors.JOSENotSupported
      throw ofTheToken ? cause : new AppError('issuer-unavailable', 'try again shortly', { cause })
    }
  }

const invalid = (why: string, cause?: unknown) => new AppError('token-invalid', why, { cause })
