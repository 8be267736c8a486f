import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { importJWK, type JWK, SignJWT } from 'jose'
import * as z from 'zod'
import type { FhirDestination } from '../config.ts'
import type { Http } from '../http/client.ts'
import { FaultError } from '../queue/fault.ts'

const configurationSchema = z.object({ token_endpoint: z.url() })
const tokenSchema = z.object({ access_token: z.string(), expires_in: z.number().default(300) })

/**
 * SMART Backend Services (SMART App Launch 2.2, section 5): an access token for a signed assertion. A token is used until shortly before it ends.
 * @returns gives the token; @throws FaultError
 */
export function backendServices(
  { url, smart }: FhirDestination,
  http: Http,
): (() => Promise<string>) | undefined {
  if (!smart) return undefined
  let kept: { token: string; until: number } | undefined
  return async () => {
    if (kept && Date.now() < kept.until) return kept.token
    const tokenUrl = smart.tokenUrl ?? (await tokenEndpoint(url, http))
    const jwk = JSON.parse(readFileSync(smart.key, 'utf8')) as JWK
    const alg = jwk.alg ?? 'ES384'
    const assertion = await new SignJWT({})
      .setProtectedHeader({ alg, typ: 'JWT', ...(jwk.kid && { kid: jwk.kid }) })
      .setIssuer(smart.clientId)
      .setSubject(smart.clientId)
      .setAudience(tokenUrl)
      .setJti(randomUUID())
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
    const parsed = tokenSchema.safeParse(response.ok ? await response.json() : undefined)
    if (!parsed.success)
      throw new FaultError({
        code: 'token-refused',
        reason: `${new URL(tokenUrl).host} answered ${response.status} to the request for a token`,
      })
    const { access_token: token, expires_in: seconds } = parsed.data
    kept = { token, until: Date.now() + 1000 * Math.max(0, seconds - 30) }
    return token
  }
}

async function tokenEndpoint(url: string, http: Http): Promise<string> {
  const response = await http(`${url.replace(/\/$/, '')}/.well-known/smart-configuration`, {
    headers: { accept: 'application/json' },
  })
  const parsed = configurationSchema.safeParse(response.ok ? await response.json() : undefined)
  if (!parsed.success)
    throw new FaultError({
      code: 'token-refused',
      reason: 'the FHIR server has no .well-known/smart-configuration with a token_endpoint',
    })
  return parsed.data.token_endpoint
}
