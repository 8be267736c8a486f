import type { Refused } from '@detl/core/answers/dicom/refusal-report'
import { toFhirBundle } from '@detl/core/answers/fhir'
import { wordsOf } from '@detl/core/answers/words/words-of'
import type { Bundle, DiagnosticReport } from '@medplum/fhirtypes'
import type { FhirDestination } from '../config.ts'
import { type Http, retryAfterS } from '../http/client.ts'
import { FaultError } from '../queue/fault.ts'
import type { Tokens } from './smart.ts'
import type { Subject } from './subject.ts'

const URI_SYSTEM = 'urn:ietf:rfc:3986'

/**
 * A transaction (FHIR R4, section 3.1.0.11) that makes the report if it is not there: sent twice, it is there once. With a `patientSystem` the
 * server finds the patient by the Patient ID, or refuses the whole.
 */
export async function toBundle(subject: Subject, { patientSystem }: FhirDestination): Promise<Bundle> {
  const { header, told } = subject
  const { patientId } = header.patient
  const patient =
    patientSystem && patientId
      ? `Patient?identifier=${encodeURIComponent(`${patientSystem}|${patientId}`)}`
      : undefined
  if ('screened' in told) return toFhirBundle({ ...told.screened, references: { subject: patient } })
  return refusalBundle(subject, told.refused, patient)
}

/** A report that will not come: cancelled, with the reason. */
function refusalBundle(
  { id, at, header }: Subject,
  { detail, language }: Refused,
  patient: string | undefined,
): Bundle {
  const value = `urn:uuid:${id}`
  const resource: DiagnosticReport = {
    resourceType: 'DiagnosticReport',
    identifier: [{ system: URI_SYSTEM, value }],
    status: 'cancelled',
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: 'RAD' }] }],
    code: { coding: [{ system: 'http://loinc.org', code: '30745-4', display: 'XR Chest Views' }] },
    ...(patient && { subject: { reference: patient } }),
    imagingStudy: [
      {
        type: 'ImagingStudy',
        identifier: { system: 'urn:dicom:uid', value: `urn:oid:${header.identity.study}` },
      },
    ],
    issued: new Date(at).toISOString(),
    conclusion: wordsOf(language).refused.because(detail),
  }
  const ifNoneExist = `identifier=${encodeURIComponent(`${URI_SYSTEM}|${value}`)}`
  const request = { method: 'POST', url: 'DiagnosticReport', ifNoneExist } as const
  return { resourceType: 'Bundle', type: 'transaction', entry: [{ fullUrl: value, resource, request }] }
}

/** @param tokens of SMART Backend Services; undefined where the server asks for none. @throws FaultError */
export async function sendBundle(
  { url, headers }: FhirDestination,
  http: Http,
  tokens: Tokens | undefined,
  bundle: object,
): Promise<void> {
  const response = await http(url, {
    method: 'POST',
    headers: {
      ...headers,
      'content-type': 'application/fhir+json',
      accept: 'application/fhir+json',
      ...(tokens && { authorization: `Bearer ${await tokens.get()}` }),
    },
    body: JSON.stringify(bundle),
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
  await response.body?.cancel()
  if (status === 401) tokens?.forget()
  // 412: several match the identifier. 400, 404, 422: the content, or the patient is not known (yet): tried for a while all the same, as HL7 feeds run behind.
  throw new FaultError({
    code: 'fhir-refused',
    reason: `${new URL(url).host} answered ${status}`,
    retryAfterS: retryAfterS(response),
    final: status === 412,
  })
}
