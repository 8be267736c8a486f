import type { CodeableConcept, Observation, ObservationComponent, Quantity } from '@medplum/fhirtypes'
import type { Ranged, Severity } from '../../lungs/severity.ts'
import type { Zone } from '../../lungs/zones.ts'
import { type ToldSeverity, zoneName } from '../severity-text.ts'
import type { AnswerWords } from '../words/words.ts'
import { concept, hl7, percentOf, points, SNOMED } from './terms.ts'

/** Our own codes: LOINC and SNOMED CT have none for what a model measures of opacity, and a disease's code would read as a finding of it. */
const OPACITY = 'urn:detl:lung-opacity'

const LUNGS = {
  right: { zones: ['A', 'B', 'C'], site: concept(SNOMED, '3341006', 'Right lung structure') },
  left: { zones: ['D', 'E', 'F'], site: concept(SNOMED, '44029006', 'Left lung structure') },
} as const satisfies Record<string, { zones: readonly Zone[]; site: CodeableConcept }>

/**
 * How much of the lungs is opaque, as Observations: the first one has the score and, as members, the others, one a lung, whose components are its zones.
 * Where it is not assessable, the first one alone, with the reason.
 */
export function severityObservations(
  severity: Severity,
  told: ToldSeverity,
  { words, shared }: { readonly words: AnswerWords; readonly shared: Partial<Observation> },
): [Observation, ...Observation[]] {
  const { scoreOf, extentOf } = words.severity
  const observation = (id: string, name: string): Observation => ({
    resourceType: 'Observation',
    id,
    status: 'preliminary',
    category: [concept(hl7('observation-category'), 'imaging', 'Imaging')],
    code: own(id, name),
    ...shared,
  })
  const whole = {
    ...observation('lung-opacity-score', `${words.severity.title}: ${scoreOf}`),
    note: [{ text: `${told.line}. ${told.caution}` }],
    bodySite: concept(SNOMED, '39607008', 'Lung structure'),
  }
  if (!severity.assessable) {
    const absent = concept(hl7('data-absent-reason'), 'unknown', 'Unknown')
    return [{ ...whole, dataAbsentReason: { ...absent, text: told.line } }]
  }
  const { score, extent, zones } = severity
  const lungs = (['right', 'left'] as const).map((side): Observation => {
    const { zones: own, site } = LUNGS[side]
    return {
      ...observation(`lung-opacity-${side}`, `${words.severity[side]}: ${extentOf}`),
      valueQuantity: percentOf(extent[side].value),
      component: [
        range('range', extentOf, extent[side], percentOf, words),
        ...own.flatMap((zone) => {
          const name = zoneName(zone, words.severity)
          return [
            ...withRange(zone, `${name}: ${extentOf}`, zones[zone].extent, percentOf, words),
            ...withRange(
              `${zone}-points`,
              `${name}: ${words.severity.pointsOf}`,
              zones[zone].score,
              points,
              words,
            ),
          ]
        }),
      ],
      bodySite: site,
    }
  })
  return [
    {
      ...whole,
      valueQuantity: points(score.value),
      component: [range('range', scoreOf, score, points, words)],
      hasMember: lungs.map(({ id }) => ({ reference: `#${id}` })),
    },
    ...lungs,
  ]
}

const own = (code: string, text: string): CodeableConcept => ({ ...concept(OPACITY, code, text), text })

function withRange(
  code: string,
  name: string,
  value: Ranged,
  quantity: (value: number) => Quantity,
  words: AnswerWords,
): ObservationComponent[] {
  return [
    { code: own(code, name), valueQuantity: quantity(value.value) },
    range(`${code}-range`, name, value, quantity, words),
  ]
}

/** Where the true value lay for the share of held-out images that the note states; FHIR's referenceRange is that of the healthy. */
const range = (
  code: string,
  of: string,
  { low, high }: Ranged,
  quantity: (value: number) => Quantity,
  words: AnswerWords,
): ObservationComponent => ({
  code: own(code, words.severity.range(of)),
  valueRange: { low: quantity(low), high: quantity(high) },
})
