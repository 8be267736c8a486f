import type { ClassDecision, Decision } from '../api/decision.ts'
import { type ClassInfo, classesOf, classNameIn, type Described, type Language } from '../model/classes.ts'
import type { Estimate } from '../model/manifest.ts'
import { wordsOf } from './words/words-of.ts'

/** One class of a model in words. */
export type ToldClass = {
  readonly class: string
  readonly name: string
  readonly score: string
  /** Undefined where the class has none. */
  readonly threshold: string | undefined
  readonly positive: boolean | undefined
  /** "above threshold", "below threshold", or that there is none. */
  readonly verdict: string
  /** The same in a word, for a column of it. */
  readonly side: string
  /** The threshold, what it was worth on left-out images and in sources that training had not seen, and predictive values where a prevalence is stated; undefined without a threshold. */
  readonly explained: string | undefined
}

/** A decision in words. */
export type Told = {
  /** One sentence without a full stop: findings above their thresholds first. It stands above all else, wherever an answer is read. */
  readonly headline: string
  /** Name of the operating point. */
  readonly point: string
  /** Every class of the model, in its order. */
  readonly classes: readonly ToldClass[]
}

/**
 * A decision in the words of a language: the only source of what JSON, FHIR, DICOM, CSV, page, print and command line say of it.
 * @param model the labels, and a class list that describes them
 * @param probabilities of every class, also of those without a threshold
 * @example tell(decision, manifest, scores.probabilities, 'en').headline // Above threshold: COVID-19 34 % (threshold 10.3 %)
 */
export function tell(
  decision: Decision,
  model: Described,
  probabilities: Readonly<Record<string, number>>,
  language: Language,
): Told {
  const words = wordsOf(language)
  const infos = classesOf(model)
  const point = words.point[decision.operatingPoint ?? 'none']
  const classes = infos.map((info): ToldClass => {
    const held = decision.classes.find((one) => one.class === info.id)
    const name = classNameIn(info, language)
    if (!held) {
      const score = percent(probabilities[info.id]!, language)
      return {
        class: info.id,
        name,
        score,
        threshold: undefined,
        positive: undefined,
        verdict: words.verdict.none,
        side: words.sideInAWord.none,
        explained: undefined,
      }
    }
    const [score, threshold] = apart(held.score, held.threshold, language)
    return {
      class: info.id,
      name,
      score,
      threshold,
      positive: held.positive,
      verdict: words.verdict[held.positive ? 'above' : 'below'],
      side: words.sideInAWord[held.positive ? 'above' : 'below'],
      explained: explained(held, threshold, point, language),
    }
  })
  return { headline: headline(decision, infos, classes, { probabilities, language }), point, classes }
}

function headline(
  { outcome, above, leading, selective }: Decision,
  infos: readonly ClassInfo[],
  classes: readonly ToldClass[],
  { probabilities, language }: { probabilities: Readonly<Record<string, number>>; language: Language },
): string {
  const { headline: say, scored } = wordsOf(language)
  const listed = (ids: readonly string[]) =>
    ids
      .map((id) => classes.find((one) => one.class === id)!)
      .map(({ name, score, threshold }) => scored(name, score, threshold))
      .join(', ')
  const findings = infos.filter(({ finding }) => finding).map(({ id }) => id)
  const others = classes
    .filter((one) => one.positive && !findings.includes(one.class))
    .map((one) => one.class)
  const without = (id: string) => classes.find((one) => one.class === id)!.threshold === undefined
  switch (outcome) {
    case 'above-threshold':
      return say.above(listed(above)) + (others.length > 0 ? say.contradicted(listed(others)) : '')
    case 'below-thresholds':
      return say.below(!findings.some(without), listed(findings.filter((id) => !without(id))))
    case 'undecided':
      return say.undecided(listed([leading]))
    case 'out-of-distribution':
      return say.outside + (above.length > 0 ? say.aboveAllTheSame(listed(above)) : '')
    case 'unsure': {
      const { confidence, threshold } = selective!
      const highest = classes.reduce((a, b) => (probabilities[b.class]! > probabilities[a.class]! ? b : a))
      const [score, from] = apart(confidence, threshold, language)
      const all = above.length > 0 ? say.aboveAllTheSame(listed(above)) : ''
      return say.unsure(scored(highest.name, score, undefined), from) + all
    }
    case 'no-thresholds':
      return say.noThresholds(listed([leading]))
  }
}

/** A class's threshold, what it was worth on left-out images, and what that comes to at a stated prevalence. */
function explained(held: ClassDecision, threshold: string, point: string, language: Language): string {
  const words = wordsOf(language)
  const { sensitivity, specificity, unseen = [], prevalence, ppv, npv } = held
  const share = (value: number) => percent(value, language)
  const parts = [words.side(held.positive, threshold, point)]
  if (sensitivity && specificity)
    parts.push(`${rates(sensitivity, specificity, language)} ${words.onLeftOut}`)
  for (const { source, sensitivity, specificity } of unseen)
    parts.push(`${words.inUnseen(source)} ${rates(sensitivity, specificity, language)}`)
  if (prevalence !== undefined) {
    const values = [
      ppv !== undefined && words.predictive.ppv(share(ppv)),
      npv !== undefined && words.predictive.npv(share(npv)),
    ]
    parts.push(`${values.filter(Boolean).join(', ')} ${words.predictive.at(share(prevalence))}`)
  }
  return parts.join('; ')
}

function rates(sensitivity: Estimate, specificity: Estimate | undefined, language: Language): string {
  const words = wordsOf(language)
  const said = ({ value, low, high, n }: Estimate) => {
    const [middle, from, to] = [value, low, high].map((v) => percent(v, language)) as [string, string, string]
    return words.interval(middle, from, to, n)
  }
  const found = `${words.sensitivity} ${said(sensitivity)}`
  return specificity ? `${found}, ${words.specificity} ${said(specificity)}` : found
}

/** A share to a tenth of a percent, as it is written in a language. */
export const percent = (share: number, language: Language): string => percentTo(share, 1, language)

/** What is neither 0 nor 1 never reads as impossible or certain. */
function percentTo(share: number, digits: number, language: Language): string {
  const [rounded, step] = [Number((100 * share).toFixed(digits)), 10 ** -digits]
  const [bound, shown] =
    rounded === 0 && share > 0
      ? ['< ', step]
      : rounded === 100 && share < 1
        ? ['> ', Number((100 - step).toFixed(digits))]
        : ['', rounded]
  return `${bound}${String(shown).replace('.', wordsOf(language).decimalPoint)} %`
}

/** A score and its threshold, with as many digits as tell them apart: "10.3 %, below 10.3 %" helps nobody. */
function apart(score: number, threshold: number, language: Language): [string, string] {
  for (let digits = 1; ; digits++) {
    const both: [string, string] = [
      percentTo(score, digits, language),
      percentTo(threshold, digits, language),
    ]
    if (both[0] !== both[1] || score === threshold || digits === 6) return both
  }
}
