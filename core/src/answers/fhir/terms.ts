import type { CodeableConcept, Coding, Quantity } from '@medplum/fhirtypes'

export const LOINC = 'http://loinc.org'
export const SNOMED = 'http://snomed.info/sct'
export const DICOM_CODES = 'http://dicom.nema.org/resources/ontology/DCM'
/** Of an HL7 terminology. */
export const hl7 = (name: string) => `http://terminology.hl7.org/CodeSystem/${name}`

export const coding = (system: string, code: string, display?: string): Coding => ({
  system,
  code,
  ...(display !== undefined && { display }),
})
export const concept = (system: string, code: string, display: string): CodeableConcept => ({
  coding: [coding(system, code, display)],
})

/** What a report is of: by HL7, and by LOINC, as US Core's reports and notes have it. */
export const RADIOLOGY: readonly CodeableConcept[] = [
  concept(hl7('v2-0074'), 'RAD', 'Radiology'),
  concept(LOINC, 'LP29684-5', 'Radiology'),
]

/** A score or a rate, with no more digits than are worth reading. */
export const probability = (value: number): Quantity => ({
  value: Number(value.toFixed(4)),
  unit: 'probability',
  system: 'http://unitsofmeasure.org',
  code: '1',
})

const ucum = (value: number, unit: string, code: string): Quantity => ({
  value,
  unit,
  system: 'http://unitsofmeasure.org',
  code,
})
/** A share as percent. */
export const percentOf = (share: number): Quantity => ucum(Number((100 * share).toFixed(1)), '%', '%')
/** Points of a score. UCUM has none: an annotation stands for the unity (UCUM, section 6). */
export const points = (value: number): Quantity => ucum(value, 'points', '{score}')
