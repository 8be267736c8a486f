import type {
  CodeableConcept,
  Device,
  DiagnosticReport,
  Media,
  Observation,
  ObservationComponent,
  Quantity,
  Reference,
} from '@medplum/fhirtypes'
import { type Decision, decide } from '../api/decision.ts'
import { modelWarnings, qualityWarnings } from '../api/quality.ts'
import { DISCLAIMER } from '../api/screening.ts'
import type { Label } from '../model/labels.ts'
import type { Screened } from './answer.ts'
import { decisionText } from './decision-text.ts'
import { toPng } from './png.ts'

type Held = Decision['classes'][number]

const LOINC = 'http://loinc.org'
const SNOMED = 'http://snomed.info/sct'
const UCUM = 'http://unitsofmeasure.org'
const CLASSES = 'urn:detl:class'

/** What each class is about, in SNOMED CT: the score is of this finding, and says not that it is there. */
const FINDINGS: Readonly<Record<Label, { code: string; display: string; name: string }>> = {
  normal: { code: '17621005', display: 'Normal', name: 'no finding' },
  other_disease: { code: '19829001', display: 'Disorder of lung', name: 'other disease' },
  pneumonia: { code: '233604007', display: 'Pneumonia', name: 'pneumonia' },
  covid19: {
    code: '840539006',
    display: 'Disease caused by severe acute respiratory syndrome coronavirus 2',
    name: 'COVID-19',
  },
}

/**
 * HL7 FHIR R4 (4.0.1) DiagnosticReport, preliminary, with an Observation of each class, the model as Device and the overlay as
 * Media contained. Subject and imaging study are the caller's own references.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a report is one object, read from top to bottom
export async function toFhir(answer: Screened): Promise<DiagnosticReport> {
  const { id, at, manifest, intake, scores, settings, references } = answer
  const subject = references.subject === undefined ? undefined : { reference: references.subject }
  const study = references.imagingStudy === undefined ? undefined : { reference: references.imagingStudy }
  const decision = decide(manifest, settings, scores.probabilities)
  const warnings = [...qualityWarnings(intake.quality), ...modelWarnings(scores)].map(({ detail }) => detail)
  const model = `${manifest.name} ${manifest.version}`

  const device: Device = {
    resourceType: 'Device',
    id: 'model',
    type: { text: 'Image classification model' },
    deviceName: [{ name: manifest.name, type: 'model-name' }],
    version: [{ value: manifest.version }],
    note: [{ text: DISCLAIMER }],
  }
  const observations = manifest.labels.map((label): Observation => {
    const held = decision?.classes.find((c) => c.class === label)
    const component = held ? rates(held) : []
    const notes = [...(held ? [decisionText(held, decision!.operatingPoint)] : []), ...warnings]
    return {
      resourceType: 'Observation',
      id: `score-${label.replaceAll('_', '-')}`,
      status: 'preliminary',
      category: [concept('http://terminology.hl7.org/CodeSystem/observation-category', 'imaging', 'Imaging')],
      code: {
        coding: [
          { system: CLASSES, code: label, display: `Score for ${FINDINGS[label].name}` },
          { system: SNOMED, code: FINDINGS[label].code, display: FINDINGS[label].display },
        ],
        text: `Score for ${FINDINGS[label].name}: a calibrated probability of the model, not a diagnosis`,
      },
      ...(subject && { subject }),
      effectiveDateTime: new Date(at).toISOString(),
      valueQuantity: probability(scores.probabilities[label]),
      ...(held && {
        interpretation: [
          concept(
            'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation',
            held.positive ? 'POS' : 'NEG',
            held.positive ? 'Positive' : 'Negative',
          ),
        ],
        referenceRange: [
          {
            high: probability(held.threshold),
            text: `operating point: ${decision?.operatingPoint}`,
          },
        ],
      }),
      ...(notes.length > 0 && { note: notes.map((text) => ({ text })) }),
      ...(component.length > 0 && { component }),
      bodySite: concept(SNOMED, '51185008', 'Thoracic structure'),
      device: { reference: '#model' },
      derivedFrom: [...(study ? [study as Reference<never>] : []), { reference: '#overlay' }],
    }
  })
  const overlay: Media = {
    resourceType: 'Media',
    id: 'overlay',
    status: 'completed',
    type: concept('http://terminology.hl7.org/CodeSystem/media-type', 'image', 'Image'),
    ...(subject && { subject }),
    device: { reference: '#model' },
    content: {
      contentType: 'image/png',
      data: base64(await toPng(answer)),
      title: `Grad-CAM of ${FINDINGS[scores.label].name} over the X-ray`,
    },
  }
  return {
    resourceType: 'DiagnosticReport',
    id,
    text: { status: 'generated', div: narrative(model, answer, warnings) },
    contained: [device, ...observations, overlay],
    identifier: [{ system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` }],
    status: 'preliminary',
    category: [concept('http://terminology.hl7.org/CodeSystem/v2-0074', 'RAD', 'Radiology')],
    code: { ...concept(LOINC, '30745-4', 'XR Chest Views'), text: 'Chest X-ray screening by a model' },
    ...(subject && { subject }),
    effectiveDateTime: new Date(at).toISOString(),
    issued: new Date(at).toISOString(),
    result: observations.map((observation) => ({ reference: `#${observation.id}` })),
    ...(study && { imagingStudy: [study as Reference<never>] }),
    media: [
      { comment: 'Where the model looked; a hot spot is not a finding.', link: { reference: '#overlay' } },
    ],
    conclusion: `Highest score: ${FINDINGS[scores.label].name} (${round(scores.probabilities[scores.label])}). ${DISCLAIMER}`,
  }
}

const concept = (system: string, code: string, display: string): CodeableConcept => ({
  coding: [{ system, code, display }],
})
/** What the model is worth at the threshold, each as a component; there is no code in LOINC or SNOMED CT for a model's own rates. */
function rates({ sensitivity, specificity, prevalence, ppv, npv }: Held): ObservationComponent[] {
  const values = {
    Sensitivity: sensitivity?.value,
    Specificity: specificity?.value,
    Prevalence: prevalence,
    'Positive predictive value': ppv,
    'Negative predictive value': npv,
  }
  return Object.entries(values).flatMap(([text, value]) =>
    value === undefined ? [] : [{ code: { text }, valueQuantity: probability(value) }],
  )
}

const probability = (value: number): Quantity => ({
  value: round(value),
  unit: 'probability',
  system: UCUM,
  code: '1',
})
/** A score has no more than three digits worth reading. */
const round = (value: number) => Number(value.toFixed(4))

function narrative(model: string, { scores, manifest }: Screened, warnings: readonly string[]): string {
  const rows = manifest.labels.map(
    (label) => `<tr><td>${FINDINGS[label].name}</td><td>${round(scores.probabilities[label])}</td></tr>`,
  )
  const remarks = warnings.map((text) => `<p>${text}</p>`).join('')
  return `<div xmlns="http://www.w3.org/1999/xhtml"><p>Scores of the model ${model}</p><table>${rows.join('')}</table>${remarks}<p>${DISCLAIMER}</p></div>`
}

function base64(bytes: Uint8Array): string {
  let binary = ''
  for (let i = 0; i < bytes.length; i += 0x8000)
    binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000))
  return btoa(binary)
}
