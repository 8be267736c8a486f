import type { CodeableConcept, Observation, ObservationComponent } from '@medplum/fhirtypes'
import type { ClassDecision, Decision } from '../../api/decision.ts'
import type { ClassInfo } from '../../model/classes.ts'
import type { Told, ToldClass } from '../decision-text.ts'
import type { AnswerWords } from '../words/words.ts'
import { coding, concept, hl7, probability, SNOMED } from './terms.ts'

/** Our own codes: what was assessed. A disease's code here would read as a positive test. */
const SCORES = 'urn:detl:score'

/** A class as an Observation: the code says what was assessed, the value is the score, the interpretation its side of the threshold. */
export function observationOf(
  one: ToldClass,
  {
    decision,
    told,
    info,
    score,
    words,
    notes,
    shared,
  }: {
    decision: Decision
    told: Told
    /** The class as the model describes it. */
    info: ClassInfo
    score: number
    words: AnswerWords
    notes: readonly string[]
    /** What all of an answer have in common: subject, time, device, what they are derived from. */
    shared: Partial<Observation>
  },
): Observation {
  const held = decision.classes.find((known) => known.class === one.class)
  const component = [...assessed(info), ...(held ? rates(held) : [])]
  const all = [...(one.explained ? [one.explained] : []), ...notes]
  return {
    resourceType: 'Observation',
    id: `score-${one.class.replaceAll('_', '-')}`,
    status: 'preliminary',
    category: [concept(hl7('observation-category'), 'imaging', 'Imaging')],
    code: { ...concept(SCORES, one.class, words.scoreFor(one.name)), text: words.scoreFor(one.name) },
    ...shared,
    valueQuantity: probability(score),
    ...(held && {
      interpretation: [interpretation(held, decision.abstained)],
      referenceRange: [{ high: probability(held.threshold), text: `${words.operatingPoint}: ${told.point}` }],
    }),
    ...(all.length > 0 && { note: all.map((text) => ({ text })) }),
    ...(component.length > 0 && { component }),
    bodySite: concept(SNOMED, '51185008', 'Thoracic structure'),
  }
}

/** Where the decision abstains, a score's side of its threshold means nothing. */
const interpretation = ({ positive }: ClassDecision, abstained: boolean): CodeableConcept => {
  const [code, display] = abstained
    ? (['IND', 'Indeterminate'] as const)
    : positive
      ? (['POS', 'Positive'] as const)
      : (['NEG', 'Negative'] as const)
  return concept(hl7('v3-ObservationInterpretation'), code, display)
}

/** The codes of the class list, as what was asked, beside the score that is the answer. */
function assessed({ snomed, codes = [] }: ClassInfo): ObservationComponent[] {
  const all = [...(snomed ? [{ system: SNOMED, ...snomed }] : []), ...codes]
  if (all.length === 0) return []
  const asked = { coding: all.map(({ system, code, display }) => coding(system, code, display)) }
  return [{ code: { text: 'Assessed for' }, valueCodeableConcept: asked }]
}

/** What the model is worth at the threshold, each as a component; there is no code in LOINC or SNOMED CT for a model's own rates. */
function rates({
  sensitivity,
  specificity,
  unseen = [],
  prevalence,
  ppv,
  npv,
}: ClassDecision): ObservationComponent[] {
  const values = {
    Sensitivity: sensitivity?.value,
    Specificity: specificity?.value,
    Prevalence: prevalence,
    'Positive predictive value': ppv,
    'Negative predictive value': npv,
    ...Object.fromEntries(
      unseen.flatMap((u) => [
        [`Sensitivity in ${u.source}, not seen in training`, u.sensitivity.value],
        [`Specificity in ${u.source}, not seen in training`, u.specificity?.value],
      ]),
    ),
  }
  return Object.entries(values).flatMap(([text, value]) =>
    value === undefined ? [] : [{ code: { text }, valueQuantity: probability(value) }],
  )
}
