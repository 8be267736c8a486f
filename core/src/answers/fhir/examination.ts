import type { Identifier, ImagingStudy, Patient, Reference, ServiceRequest } from '@medplum/fhirtypes'
import type { Screened } from '../answer.ts'
import type { Header } from '../dicom/source-header.ts'
import { coding, concept, DICOM_CODES, hl7, SNOMED } from './terms.ts'

/** Whom and what an answer is about: the caller's references where there are any, else what the image's header says. */
export type Examination = {
  readonly subject: Reference<Patient> | undefined
  readonly study: Reference<ImagingStudy> | undefined
  /** What `study` refers to, where the header alone tells of it. */
  readonly contained: ImagingStudy | undefined
  readonly basedOn: Reference<ServiceRequest> | undefined
  /** When the image was taken; a day where the header states no time zone. */
  readonly taken: string | undefined
}

export function examinationOf(header: Header | undefined, given: Screened['references']): Examination {
  const subject = given.subject === undefined ? patientOf(header) : { reference: given.subject }
  const contained =
    given.imagingStudy === undefined && header?.studyUid !== undefined
      ? studyOf(header, header.studyUid, subject)
      : undefined
  const study = given.imagingStudy ?? (contained && '#study')
  return {
    subject,
    study: study === undefined ? undefined : { reference: study },
    contained,
    basedOn: header?.accession === undefined ? undefined : orderOf(header.accession),
    taken: header?.taken,
  }
}

/** By the patient's identifier: whose it is, the receiver knows, or the issuer's name tells. */
const patientOf = (header: Header | undefined): Reference<Patient> | undefined =>
  header?.patientId === undefined
    ? undefined
    : {
        type: 'Patient',
        identifier: {
          type: concept(hl7('v2-0203'), 'MR', 'Medical record number'),
          value: header.patientId,
          ...(header.patientIdIssuer !== undefined && { assigner: { display: header.patientIdIssuer } }),
        },
      }

const accession = (value: string): Identifier => ({
  type: concept(hl7('v2-0203'), 'ACSN', 'Accession ID'),
  value,
})

const orderOf = (value: string): Reference<ServiceRequest> => ({
  type: 'ServiceRequest',
  identifier: accession(value),
})

/** Laterality as FHIR codes it (value set bodysite-laterality). */
const SIDES = {
  L: coding(SNOMED, '419161000', 'Unilateral left'),
  R: coding(SNOMED, '419465000', 'Unilateral right'),
  B: coding(SNOMED, '51440002', 'Bilateral'),
} as const

function studyOf(header: Header, uid: string, subject: Reference<Patient> | undefined): ImagingStudy {
  const { seriesUid, image, modality, laterality } = header
  return {
    resourceType: 'ImagingStudy',
    id: 'study',
    identifier: [
      { system: 'urn:dicom:uid', value: `urn:oid:${uid}` },
      ...(header.accession === undefined ? [] : [accession(header.accession)]),
    ],
    status: 'available',
    // An imaging study must have one: where the header names nobody, it says so.
    subject: subject ?? { display: 'not stated in the DICOM header' },
    ...(header.studyStarted !== undefined && { started: header.studyStarted }),
    ...(seriesUid !== undefined &&
      modality !== undefined && {
        series: [
          {
            uid: seriesUid,
            modality: coding(DICOM_CODES, modality),
            bodySite: coding(SNOMED, '51185008', 'Thoracic structure'),
            ...(laterality && { laterality: SIDES[laterality] }),
            ...(image && {
              instance: [
                {
                  uid: image.sopInstance,
                  sopClass: coding('urn:ietf:rfc:3986', `urn:oid:${image.sopClass}`),
                },
              ],
            }),
          },
        ],
      }),
  }
}
