import type { FhirDestination } from '../config.ts'
import { type Http, retryAfterS } from '../http/client.ts'
import { FaultError } from '../queue/fault.ts'
import type { Tokens } from './smart.ts'

/** @param bundle JSON of a transaction; @param tokens of SMART Backend Services; undefined where the server asks for none. @throws FaultError */
export async function sendBundle(
  { url, headers }: FhirDestination,
  http: Http,
  tokens: Tokens | undefined,
  bundle: string,
): Promise<void> {
  const response = await http(url, {
    method: 'POST',
    headers: {
      ...headers,
      'content-type': 'application/fhir+json',
      accept: 'application/fhir+json',
      ...(tokens && { authorization: `Bearer ${await tokens.get()}` }),
    },
    body: bundle,
  })
  const { status } = response
  if (response.ok) {
    const answer = (await response.json().catch(() => undefined)) as
      | { entry?: { response?: { status?: string } }[] }
      | undefined
    const made = answer?.entry?.[0]?.response?.status ?? ''
    if (/^20[01]/.test(made)) return
    throw new FaultError({
      code: 'fhir-answer-invalid',
      reason: `answered ${status} without saying that the report was made`,
    })
  }
  if (status === 401) tokens?.forget()
  // 412: several match the identifier. 400, 404, 422: the content, or the patient is not known (yet): tried for a while all the same, as HL7 feeds run behind.
  throw new FaultError({
    code: 'fhir-refused',
    reason: `${new URL(url).host} answered ${status}`,
    retryAfterS: retryAfterS(response),
    final: status === 412,
  })
}
