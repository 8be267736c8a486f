import type { LungFault, LungRemark } from '../../lungs/lung.ts'

type Between = { readonly value: number; readonly low: number; readonly high: number }
/** What is said of a manifest's `site`. */
export type SiteFigures = {
  readonly name: string
  readonly films: number
  readonly calibration?:
    | {
        readonly temperature: Between
        readonly error: { readonly before: Between; readonly after: Between }
      }
    | undefined
}

/** All words of answers that people read, in one language. Another language is another object of this type, and a row in `words-of.ts`. */
export type AnswerWords = {
  readonly disclaimer: string
  /** Short, for where there is little room. */
  readonly notForDiagnosis: string
  readonly decimalPoint: string
  readonly headline: {
    /** @param listed findings with score and threshold, the first being furthest above its own */
    above(listed: string): string
    /** Said behind `above` where the class of no finding reaches its threshold too. */
    contradicted(listed: string): string
    /** @param all whether every finding has a threshold; else `listed` names those that do */
    below(all: boolean, listed: string): string
    undecided(highest: string): string
    outside: string
    /** Said behind `outside` and `unsure` where scores reach thresholds all the same. */
    aboveAllTheSame(listed: string): string
    noThresholds(highest: string): string
    /** @param highest class with its score @param from the least score that is decided */
    unsure(highest: string, from: string): string
  }
  /** A class with its score and, where it has one, its threshold. */
  scored(name: string, score: string, threshold: string | undefined): string
  readonly point: Readonly<Record<'screening' | 'balanced' | 'custom' | 'none', string>>
  readonly verdict: Readonly<Record<'above' | 'below' | 'none', string>>
  /** The same as one word, in a column `decision`. */
  readonly sideInAWord: Readonly<Record<'above' | 'below' | 'none', string>>
  side(above: boolean, threshold: string, point: string): string
  readonly sensitivity: string
  readonly specificity: string
  readonly onLeftOut: string
  /** Said before rates that were measured in a source which training had not seen. */
  inUnseen(source: string): string
  readonly predictive: {
    ppv(value: string): string
    npv(value: string): string
    at(prevalence: string): string
  }
  interval(value: string, low: string, high: string, n: number): string
  /** What was assessed, as the name of a score. */
  scoreFor(name: string): string
  probabilityOf(name: string): string
  readonly columns: Readonly<Record<'class' | 'score' | 'threshold' | 'decision', string>>
  readonly score: string
  readonly model: string
  readonly operatingPoint: string
  /** Whose films thresholds and temperature were fitted to. */
  site(site: SiteFigures): string
  heatMapOf(name: string): string
  readonly heatIsNoFinding: string
  /** Ends of the heat map's colour bar. */
  readonly heatScale: { readonly none: string; readonly most: string }
  readonly patient: string
  readonly accession: string
  readonly study: string
  /** When the image was taken. */
  readonly taken: string
  readonly title: string
  readonly severity: {
    /** What is measured. */
    readonly title: string
    readonly notAssessable: string
    readonly faults: Readonly<Record<LungFault, string>>
    readonly remarks: Readonly<Record<LungRemark, string>>
    readonly right: string
    readonly left: string
    /** Thirds of a lung. */
    readonly levels: Readonly<Record<'upper' | 'middle' | 'lower', string>>
    readonly wholeLung: string
    /** A value with the range that it lies in. */
    ranged(value: string, low: string, high: string): string
    /** @param value of the score, with its range */
    score(value: string): string
    readonly columns: Readonly<Record<'part' | 'extent' | 'points', string>>
    /** Names of measures. */
    readonly scoreOf: string
    readonly pointsOf: string
    readonly extentOf: string
    range(of: string): string
    /** @param level share of held-out images */
    ranges(level: string): string
    readonly isNot: string
  }
  /** Of a report that says why there are no scores. */
  readonly refused: { readonly series: string; readonly because: (detail: string) => string }
}
