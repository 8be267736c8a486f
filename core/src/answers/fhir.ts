import type { Bundle, Device, DiagnosticReport, Media } from '@medplum/fhirtypes'
import { modelWarnings, qualityWarnings } from '../api/quality.ts'
import { namedUuid } from '../base/named-uuid.ts'
import { classesOf, type Language } from '../model/classes.ts'
import type { Screened } from './answer.ts'
import type { Told } from './decision-text.ts'
import { headerOf } from './dicom/source-header.ts'
import { examinationOf } from './fhir/examination.ts'
import { observationOf } from './fhir/observation.ts'
import { severityObservations } from './fhir/severity.ts'
import { concept, hl7, LOINC, RADIOLOGY } from './fhir/terms.ts'
import { severityIn } from './lung-findings.ts'
import { toPng } from './png.ts'
import { type ToldSeverity, tellSeverity } from './severity-text.ts'
import { toldOf } from './told.ts'
import { wordsOf } from './words/words-of.ts'

/** What becomes of the heat map in a report: left out, inside as base64, or an address where it is. */
export type ReportImage = 'none' | 'inline' | { readonly url: string }

/**
 * HL7 FHIR R4 (4.0.1) DiagnosticReport, preliminary, with an Observation of each class and the model as Device contained; the heat map
 * as Media where it is wanted. Patient, study, accession number and times are the image's own where its header has them; the caller's
 * references take their place.
 * @example const report = await toFhir(screened, { url: 'https://images.example/1.png' })
 */
export async function toFhir(answer: Screened, image: ReportImage = 'none'): Promise<DiagnosticReport> {
  const { id, at, manifest, intake, scores, references } = answer
  const { decision, told } = toldOf(answer)
  const words = wordsOf(answer.language)
  const infos = classesOf(manifest)
  const { subject, study, contained, basedOn, taken } = examinationOf(await headerOf(answer), references)
  const severity = severityIn(answer)
  const warnings = [...qualityWarnings(intake.quality), ...modelWarnings(scores, severity)].map(
    ({ detail }) => detail,
  )
  const given = new Date(at).toISOString()
  const whose = { ...(subject && { subject }), effectiveDateTime: taken ?? given }
  const overlay = image === 'none' ? undefined : await mediaOf(answer, image, subject)
  const shared = {
    ...whose,
    device: { reference: '#model' },
    ...((study || overlay) && {
      derivedFrom: [...(study ? [study] : []), ...(overlay ? [{ reference: '#overlay' }] : [])],
    }),
  }
  const observations = told.classes.map((one) =>
    observationOf(one, {
      decision,
      told,
      info: infos.find(({ id }) => id === one.class)!,
      score: scores.probabilities[one.class]!,
      words,
      notes: warnings,
      shared,
    }),
  )
  const opacity = severity && tellSeverity(severity, answer.language)
  const ofLungs = severity && opacity ? severityObservations(severity, opacity, { words, shared }) : []
  return {
    resourceType: 'DiagnosticReport',
    id,
    language: answer.language,
    text: {
      status: 'generated',
      div: narrative(answer.language, `${words.model}: ${modelOf(answer)}`, told, opacity, [
        ...warnings,
        words.disclaimer,
      ]),
    },
    contained: [
      deviceOf(manifest, [...(manifest.site ? [words.site(manifest.site)] : []), words.disclaimer]),
      ...(contained ? [contained] : []),
      ...observations,
      ...ofLungs,
      ...(overlay ? [overlay] : []),
    ],
    identifier: [{ system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` }],
    ...(basedOn && { basedOn: [basedOn] }),
    status: 'preliminary',
    category: [...RADIOLOGY],
    code: { ...concept(LOINC, '30745-4', 'XR Chest Views'), text: words.title },
    ...whose,
    issued: given,
    // The lungs' own are members of the first of theirs.
    result: [...observations, ...ofLungs.slice(0, 1)].map(({ id }) => ({ reference: `#${id}` })),
    ...(study && { imagingStudy: [study] }),
    ...(overlay && { media: [{ comment: words.heatIsNoFinding, link: { reference: '#overlay' } }] }),
    conclusion: `${told.headline}. ${opacity ? `${opacity.line}. ` : ''}${words.disclaimer}`,
  }
}

/**
 * The report and the heat map as a Binary that it refers to, in a transaction: a FHIR server stores both in one call, and a report that it
 * has already is not stored again.
 */
export async function toFhirBundle(answer: Screened): Promise<Bundle> {
  const uuid = (await namedUuid(`${answer.id}:overlay`)).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  const url = `urn:uuid:${uuid}`
  const report = await toFhir(answer, { url })
  const identifier = `urn:ietf:rfc:3986|urn:uuid:${answer.id}`
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      {
        fullUrl: `urn:uuid:${answer.id}`,
        resource: report,
        request: {
          method: 'POST',
          url: 'DiagnosticReport',
          ifNoneExist: `identifier=${encodeURIComponent(identifier)}`,
        },
      },
      {
        fullUrl: url,
        resource: { resourceType: 'Binary', contentType: 'image/png', data: base64(await toPng(answer)) },
        request: { method: 'POST', url: 'Binary' },
      },
    ],
  }
}

const modelOf = ({ manifest: { name, version } }: Pick<Screened, 'manifest'>) => `${name} ${version}`

/** The model as a Device. */
export const deviceOf = ({ name, version }: Screened['manifest'], notes: readonly string[]): Device => ({
  resourceType: 'Device',
  id: 'model',
  type: { text: 'Image classification model' },
  deviceName: [{ name, type: 'model-name' }],
  version: [{ value: version }],
  note: notes.map((text) => ({ text })),
})

async function mediaOf(
  answer: Screened,
  image: Exclude<ReportImage, 'none'>,
  subject: Media['subject'] | undefined,
): Promise<Media> {
  const { decision, told } = toldOf(answer)
  const shown = told.classes.find((one) => one.class === decision.leading)!
  return {
    resourceType: 'Media',
    id: 'overlay',
    status: 'completed',
    type: concept(hl7('media-type'), 'image', 'Image'),
    ...(subject && { subject }),
    device: { reference: '#model' },
    content: {
      contentType: 'image/png',
      ...(image === 'inline' ? { data: base64(await toPng(answer)) } : { url: image.url }),
      title: wordsOf(answer.language).heatMapOf(shown.name),
    },
  }
}

/** The report as people read it, in XHTML. */
function narrative(
  language: Language,
  model: string,
  told: Told,
  opacity: ToldSeverity | undefined,
  lines: readonly string[],
): string {
  const scores = table(
    told.classes.map(({ name, score, threshold, verdict }) => [name, score, threshold ?? '', verdict]),
  )
  const lungs = opacity
    ? `<p>${xml(opacity.line)}</p>${table(opacity.parts.map(({ name, extent, points }) => [name, extent, points ?? '']))}<p>${xml(opacity.caution)}</p>`
    : ''
  const paragraphs = lines.map((text) => `<p>${xml(text)}</p>`).join('')
  return `<div xmlns="http://www.w3.org/1999/xhtml" lang="${language}" xml:lang="${language}"><p><b>${xml(told.headline)}</b></p><p>${xml(model)}</p>${scores}${lungs}${paragraphs}</div>`
}

/** Nothing where there are no rows: a table must have one. */
const table = (rows: readonly (readonly string[])[]) =>
  rows.length === 0
    ? ''
    : `<table>${rows.map((cells) => `<tr>${cells.map((cell) => `<td>${xml(cell)}</td>`).join('')}</tr>`).join('')}</table>`

/** A text inside XHTML. */
export const xml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

function base64(bytes: Uint8Array): string {
  let binary = ''
  for (let i = 0; i < bytes.length; i += 0x8000)
    binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000))
  return btoa(binary)
}
