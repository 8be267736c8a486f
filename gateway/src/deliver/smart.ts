import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { importJWK, type JWK, SignJWT } from 'jose'
import * as z from 'zod'
import type { FhirDestination } from '../config.ts'
import { type Http, jsonOf } from '../http/client.ts'
import { FaultError } from '../queue/fault.ts'

const configurationSchema = z.object({ token_endpoint: z.url() })
const tokenSchema = z.object({ access_token: z.string(), expires_in: z.number().default(300) })

/** Access tokens of one server. `get` throws a FaultError; `forget` is for one that the server took no more. */
export type Tokens = { readonly get: () => Promise<string>; readonly forget: () => void }
/** `until` by a clock that nobody sets. */
type Token = { readonly value: string; readonly until: number }

/**
 * SMART Backend Services (SMART App Launch 2.2, section 5): an access token for a signed assertion. A token is used until shortly before it ends.
 * @returns undefined where the destination asks for none
 */
export function backendServices({ url, smart }: FhirDestination, http: Http): Tokens | undefined {
  if (!smart) return undefined
  let kept: Promise<Token> | undefined
  const forget = () => {
    kept = undefined
  }
  const get = async (): Promise<string> => {
    const before = kept
    const known = await before
    if (known && performance.now() < known.until) return known.value
    if (kept === before) {
      kept = ask(smart, url, http) // unless another delivery asked meanwhile
      kept.catch(forget)
    }
    return (await kept!).value
  }
  return { get, forget }
}

async function ask(smart: NonNullable<FhirDestination['smart']>, url: string, http: Http): Promise<Token> {
  const tokenUrl = smart.tokenUrl ?? (await tokenEndpoint(url, http))
  const jwk = JSON.parse(readFileSync(smart.key, 'utf8')) as JWK
  const alg = jwk.alg ?? 'ES384'
  const assertion = await new SignJWT({})
    .setProtectedHeader({ alg, typ: 'JWT', ...(jwk.kid && { kid: jwk.kid }) })
    .setIssuer(smart.clientId)
    .setSubject(smart.clientId)
    .setAudience(tokenUrl)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('4m') // at most five minutes
    .sign(await importJWK(jwk, alg))
  const response = await http(tokenUrl, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope: smart.scope,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }).toString(),
  })
  const parsed = tokenSchema.safeParse(
    response.ok ? await jsonOf(response, new URL(tokenUrl).host) : undefined,
  )
  if (!parsed.success)
    throw new FaultError({
      code: 'token-refused',
      reason: `${new URL(tokenUrl).host} answered ${response.status} to the request for a token`,
    })
  const { access_token: value, expires_in: seconds } = parsed.data
  return { value, until: performance.now() + 1000 * Math.max(0, seconds - 30) }
}

async function tokenEndpoint(url: string, http: Http): Promise<string> {
  const response = await http(`${url.replace(/\/$/, '')}/.well-known/smart-configuration`, {
    headers: { accept: 'application/json' },
  })
  const parsed = configurationSchema.safeParse(
    response.ok ? await jsonOf(response, new URL(url).host) : undefined,
  )
  if (!parsed.success)
    throw new FaultError({
      code: 'token-refused',
      reason: 'the FHIR server has no .well-known/smart-configuration with a token_endpoint',
    })
  return parsed.data.token_endpoint
}
