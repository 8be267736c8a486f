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
import type { ClassDecision } from '../api/decision.ts'
import { modelWarnings, qualityWarnings } from '../api/quality.ts'
import { classesOf } from '../model/classes.ts'
import type { Screened } from './answer.ts'
import type { Told } from './decision-text.ts'
import { toPng } from './png.ts'
import { toldOf } from './told.ts'
import { wordsOf } from './words/words-of.ts'

const LOINC = 'http://loinc.org'
const SNOMED = 'http://snomed.info/sct'
const UCUM = 'http://unitsofmeasure.org'
const SCORES = 'urn:detl:score'

/**
 * HL7 FHIR R4 (4.0.1) DiagnosticReport, preliminary, with an Observation of each class, the model as Device and the overlay as
 * Media contained. Subject and imaging study are the caller's own references.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a report is one object, read from top to bottom
export async function toFhir(answer: Screened): Promise<DiagnosticReport> {
  const { id, at, manifest, intake, scores, references } = answer
  const subject = references.subject === undefined ? undefined : { reference: references.subject }
  const study = references.imagingStudy === undefined ? undefined : { reference: references.imagingStudy }
  const { decision, told } = toldOf(answer)
  const words = wordsOf(answer.language)
  const infos = classesOf(manifest)
  const nameOf = (id: string) => told.classes.find((one) => one.class === id)!.name
  const warnings = [...qualityWarnings(intake.quality), ...modelWarnings(scores)].map(({ detail }) => detail)
  const model = `${manifest.name} ${manifest.version}`

  const device: Device = {
    resourceType: 'Device',
    id: 'model',
    type: { text: 'Image classification model' },
    deviceName: [{ name: manifest.name, type: 'model-name' }],
    version: [{ value: manifest.version }],
    note: [{ text: words.disclaimer }],
  }
  const observations = infos.map(({ id: label }, index): Observation => {
    const held = decision.classes.find((c) => c.class === label)
    const { name, explained } = told.classes[index]!
    const component = held ? rates(held) : []
    const notes = [...(explained ? [explained] : []), ...warnings]
    return {
      resourceType: 'Observation',
      id: `score-${label.replaceAll('_', '-')}`,
      status: 'preliminary',
      category: [concept('http://terminology.hl7.org/CodeSystem/observation-category', 'imaging', 'Imaging')],
      code: {
        coding: [{ system: SCORES, code: label, display: words.scoreFor(name) }],
        text: words.scoreFor(name),
      },
      ...(subject && { subject }),
      effectiveDateTime: new Date(at).toISOString(),
      valueQuantity: probability((scores.probabilities as Readonly<Record<string, number>>)[label]!),
      ...(held && {
        interpretation: [interpretation(held, decision.abstained)],
        referenceRange: [
          {
            high: probability(held.threshold),
            text: `${words.operatingPoint}: ${told.point}`,
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
      title: words.heatMapOf(nameOf(decision.leading)),
    },
  }
  return {
    resourceType: 'DiagnosticReport',
    id,
    text: { status: 'generated', div: narrative(model, told, warnings, words.disclaimer) },
    contained: [device, ...observations, overlay],
    identifier: [{ system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` }],
    status: 'preliminary',
    category: [concept('http://terminology.hl7.org/CodeSystem/v2-0074', 'RAD', 'Radiology')],
    code: { ...concept(LOINC, '30745-4', 'XR Chest Views'), text: words.title },
    ...(subject && { subject }),
    effectiveDateTime: new Date(at).toISOString(),
    issued: new Date(at).toISOString(),
    result: observations.map((observation) => ({ reference: `#${observation.id}` })),
    ...(study && { imagingStudy: [study as Reference<never>] }),
    media: [{ comment: words.heatIsNoFinding, link: { reference: '#overlay' } }],
    conclusion: `${told.headline}. ${words.disclaimer}`,
  }
}

const concept = (system: string, code: string, display: string): CodeableConcept => ({
  coding: [{ system, code, display }],
})
/** Where the decision abstains, a score's side of its threshold means nothing. */
const interpretation = ({ positive }: ClassDecision, abstained: boolean): CodeableConcept => {
  const [code, display] = abstained
    ? ['IND', 'Indeterminate']
    : positive
      ? ['POS', 'Positive']
      : ['NEG', 'Negative']
  return concept('http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', code!, display!)
}
/** What the model is worth at the threshold, each as a component; there is no code in LOINC or SNOMED CT for a model's own rates. */
function rates({ sensitivity, specificity, prevalence, ppv, npv }: ClassDecision): ObservationComponent[] {
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

function narrative(model: string, told: Told, remarks: readonly string[], disclaimer: string): string {
  const rows = told.classes.map((one) => {
    const cells = [one.name, one.score, one.threshold ?? '', one.verdict].map(
      (cell) => `<td>${xml(cell)}</td>`,
    )
    return `<tr>${cells.join('')}</tr>`
  })
  const lines = [...remarks, disclaimer].map((text) => `<p>${xml(text)}</p>`)
  return `<div xmlns="http://www.w3.org/1999/xhtml"><p><b>${xml(told.headline)}</b></p><p>${xml(model)}</p><table>${rows.join('')}</table>${lines.join('')}</div>`
}

const xml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

function base64(bytes: Uint8Array): string {
  let binary = ''
  for (let i = 0; i < bytes.length; i += 0x8000)
    binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000))
  return btoa(binary)
}
