import type { Refused } from '@detl/core/answers/dicom/refusal-report'
import { toFhirBundle } from '@detl/core/answers/fhir'
import { RADIOLOGY } from '@detl/core/answers/fhir/terms'
import { wordsOf } from '@detl/core/answers/words/words-of'
import type { Bundle, DiagnosticReport } from '@medplum/fhirtypes'
import type { FhirDestination } from '../config.ts'
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
    category: [...RADIOLOGY],
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
