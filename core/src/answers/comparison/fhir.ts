import type { ImagingStudy, Observation, ObservationComponent, Quantity, Reference } from '@medplum/fhirtypes'
import type { Change } from '../../comparison/compare-films.ts'
import { RETEST } from '../../comparison/retest.ts'
import type { Trend } from '../../comparison/trend.ts'
import { ZONES } from '../../lungs/zones.ts'
import type { Language } from '../../model/classes.ts'
import { headerOf } from '../dicom/source-header.ts'
import { examinationOf } from '../fhir/examination.ts'
import { concept, hl7, percentOf, points, SNOMED } from '../fhir/terms.ts'
import { deviceOf, xml } from '../fhir.ts'
import { zoneName } from '../severity-text.ts'
import type { AnswerWords } from '../words/words.ts'
import { wordsOf } from '../words/words-of.ts'
import type { Compared, Step } from './compared.ts'
import { headlineOf, remarksIn } from './told.ts'
import type { ComparisonWords } from './words.ts'
import { comparisonWordsOf } from './words-of.ts'

/** Our own codes: a change of what was measured. A disease's code, or one of progression, would read as a diagnosis. */
const CHANGES = 'urn:detl:change'

/** Which way a measured value went, in HL7's words for it; of an unchanged one they have none. */
const WAYS: Readonly<Partial<Record<Trend, readonly [code: string, display: string]>>> = {
  better: ['D', 'Significant change down'],
  worse: ['U', 'Significant change up'],
  'cannot-tell': ['IND', 'Indeterminate'],
}

/**
 * HL7 FHIR R4 Observation, preliminary: the change of the share of both lungs that is opaque from the first film to the last; its members are the score, the zones, and each step where there
 * are several. The code says what was measured; the value is a difference; no code names a disease.
 */
export async function comparisonFhir(compared: Compared): Promise<Observation> {
  const { id, at, manifest, language, films, overall, steps, references } = compared
  const [words, common] = [comparisonWordsOf(language), wordsOf(language)]
  const headers = await Promise.all(films.map(({ answer }) => answer && headerOf(answer)))
  const { subject } = examinationOf(headers.at(-1), references)
  const shared: Partial<Observation> = {
    status: 'preliminary',
    category: [concept(hl7('observation-category'), 'imaging', 'Imaging')],
    ...(subject && { subject }),
    ...effective(
      films.map(({ taken }) => taken),
      at,
    ),
    device: { reference: '#model' },
  }
  const derivedFrom = studiesOf(
    headers.map((header) => header?.studyUid),
    references.imagingStudy,
  )
  const zones = overall.changes
    ? ZONES.map((zone) =>
        zoneOf(zone, overall.changes!.zones[zone], { words, severity: common.severity }, shared),
      )
    : []
  const between =
    steps.length > 1
      ? steps.map((step, i) => ({ ...stepOf(step, compared, shared), id: `step-${i + 1}` }))
      : []
  const members = [
    ...(overall.changes ? [scoreOf(overall.changes.score, compared, shared)] : []),
    ...zones,
    ...between,
  ]
  const notes = [
    headlineOf(overall, language),
    ...remarksIn(compared, language),
    words.notice,
    common.disclaimer,
  ]
  return {
    ...stepOf(overall, compared, shared),
    id,
    language,
    text: { status: 'generated', div: narrative(words.title, notes, language) },
    contained: [deviceOf(manifest, [common.disclaimer]), ...members],
    identifier: [{ system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` }],
    issued: new Date(at).toISOString(),
    ...(members.length > 0 && { hasMember: members.map((one) => ({ reference: `#${one.id}` })) }),
    ...(derivedFrom.length > 0 && { derivedFrom }),
    note: notes.map((text) => ({ text })),
  }
}

function stepOf(step: Step, { language }: Compared, shared: Partial<Observation>): Observation {
  const words = comparisonWordsOf(language)
  const { trend, changes } = step
  const base = {
    resourceType: 'Observation',
    status: 'preliminary',
    ...shared,
    code: {
      ...concept(CHANGES, 'opacity-extent', words.changeOf(wordsOf(language).severity.extentOf)),
      text: words.changeOf(wordsOf(language).severity.extentOf),
    },
    bodySite: concept(SNOMED, '39607008', 'Lung structure'),
    ...interpreted(trend, words),
  } as const
  if (!changes)
    return {
      ...base,
      dataAbsentReason: {
        ...concept(hl7('data-absent-reason'), 'not-performed', 'Not Performed'),
        text: headlineOf(step, language),
      },
    }
  return {
    ...base,
    valueQuantity: percentOf(changes.extent.both.change.value),
    component: components(changes.extent.both, percentOf, words),
    referenceRange: [
      {
        low: percentOf(-RETEST.smallest.bothExtent),
        high: percentOf(RETEST.smallest.bothExtent),
        text: words.trend.unchanged,
      },
    ],
  }
}

function scoreOf(change: Change, { language }: Compared, shared: Partial<Observation>): Observation {
  const words = comparisonWordsOf(language)
  const text = words.changeOf(wordsOf(language).severity.scoreOf)
  return {
    resourceType: 'Observation',
    status: 'preliminary',
    ...shared,
    id: 'score',
    code: { ...concept(CHANGES, 'opacity-score', text), text },
    valueQuantity: points(change.change.value),
    component: components(change, points, words),
    bodySite: concept(SNOMED, '39607008', 'Lung structure'),
    ...interpreted(change.trend, words),
  }
}

function zoneOf(
  zone: (typeof ZONES)[number],
  change: Change,
  { words, severity }: { readonly words: ComparisonWords; readonly severity: AnswerWords['severity'] },
  shared: Partial<Observation>,
): Observation {
  const text = words.changeOf(zoneName(zone, severity))
  return {
    resourceType: 'Observation',
    status: 'preliminary',
    ...shared,
    id: `zone-${zone.toLowerCase()}`,
    code: { ...concept(CHANGES, `opacity-zone-${zone.toLowerCase()}`, text), text },
    valueQuantity: percentOf(change.change.value),
    component: components(change, percentOf, words),
    bodySite: 'ABC'.includes(zone)
      ? concept(SNOMED, '3341006', 'Right lung structure')
      : concept(SNOMED, '44029006', 'Left lung structure'),
    ...interpreted(change.trend, words),
  }
}

const interpreted = (trend: Trend, words: ComparisonWords): Pick<Observation, 'interpretation'> => {
  const way = WAYS[trend]
  const coded = way ? concept(hl7('v3-ObservationInterpretation'), ...way) : {}
  return { interpretation: [{ ...coded, text: words.trend[trend] }] }
}

const components = (
  { from, to, change }: Change,
  quantity: (value: number) => Quantity,
  { columns }: ComparisonWords,
): ObservationComponent[] => [
  { code: { text: columns.from }, valueQuantity: quantity(from) },
  { code: { text: columns.to }, valueQuantity: quantity(to) },
  { code: { text: columns.change }, valueRange: { low: quantity(change.low), high: quantity(change.high) } },
]

/** From the first film's day to the last one's, where both are known; else when it was compared. */
function effective(
  days: readonly (string | undefined)[],
  at: number,
): Pick<Observation, 'effectivePeriod'> | Pick<Observation, 'effectiveDateTime'> {
  const [start, end] = [days[0], days.at(-1)]
  return start !== undefined && end !== undefined
    ? { effectivePeriod: { start, end } }
    : { effectiveDateTime: new Date(at).toISOString() }
}

const studiesOf = (
  uids: readonly (string | undefined)[],
  given: string | undefined,
): Reference<ImagingStudy>[] => [
  ...(given === undefined ? [] : [{ reference: given }]),
  ...[...new Set(uids.filter((uid) => uid !== undefined))].map((uid) => ({
    type: 'ImagingStudy' as const,
    identifier: { system: 'urn:dicom:uid', value: `urn:oid:${uid}` },
  })),
]

const narrative = (title: string, lines: readonly string[], language: Language): string =>
  `<div xmlns="http://www.w3.org/1999/xhtml" lang="${language}" xml:lang="${language}"><p><b>${xml(title)}</b></p>${lines.map((line) => `<p>${xml(line)}</p>`).join('')}</div>`
