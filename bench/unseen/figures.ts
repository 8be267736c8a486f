import { LABELS } from '@detl/core/model/labels'
import type { Estimate, Manifest } from '@detl/core/model/manifest'
import type { ImageRecord } from '@detl/train/data/record'
import { delong, wilson } from '@detl/train/evaluate/intervals'
import { countsAt } from '@detl/train/evaluate/metrics'

/** What a model said of an image; nothing where the gate refused it. */
export type Answer = { record: ImageRecord; probabilities: readonly number[] | undefined }

const COVID = LABELS.indexOf('covid19')
/** Sensitivity that the fitted threshold is to reach. */
const WANTED = 0.9
const COVERAGES = [1, 0.9, 0.8, 0.6]

/** Lines of text: calls, COVID-19 against each other class, the manifest's operating points, given thresholds, a fitted one, selective answers. */
export function figuresOf(
  answers: readonly Answer[],
  manifest: Manifest,
  thresholds: readonly number[] = [],
): string[] {
  const answered = answers.filter((a) => a.probabilities)
  return [
    ...callsOf(answers),
    ...rankingsOf(answered),
    ...pointsOf(answers, manifest),
    ...thresholds.map((t) => `COVID-19 at ${t}: ${at(answers, t)}`),
    fittedPoint(answers),
    selective(answered),
    ...shippedSelective(answers, manifest),
  ]
}

const best = ({ probabilities }: Answer): number => probabilities!.indexOf(Math.max(...probabilities!))

const cellsOf = (answers: readonly Answer[]): Map<string, Answer[]> => {
  const cells = new Map<string, Answer[]>()
  for (const a of answers) {
    const key = `${a.record.dataset}, ${a.record.classB}`
    cells.set(key, [...(cells.get(key) ?? []), a])
  }
  return cells
}

function callsOf(answers: readonly Answer[]): string[] {
  return [...cellsOf(answers)].map(([cell, of]) => {
    const refused = of.filter((a) => !a.probabilities).length
    const called = LABELS.map((label, c) => {
      const n = of.filter((a) => a.probabilities && best(a) === c).length
      return label === of[0]!.record.classB
        ? `**${share(wilson(n, of.length))}** ${label}`
        : `${percent(n / of.length)} ${label}`
    })
    return `${cell}: ${of.length} images, ${refused} refused; called ${called.join(', ')}`
  })
}

/** Each collection's COVID-19 against every other collection and class. */
function rankingsOf(answered: readonly Answer[]): string[] {
  const cells = [...cellsOf(answered)]
  return cells
    .filter(([cell]) => cell.endsWith('covid19'))
    .flatMap(([covid, sick]) =>
      cells
        .filter(([cell]) => !cell.endsWith('covid19'))
        .map(
          ([other, well]) =>
            `AUC of ${covid} against ${other}: ${decimal(delong(binary([...sick, ...well])))}`,
        ),
    )
}

/** What was refused was not found. */
const covidOf = ({ probabilities }: Answer): number => probabilities?.[COVID] ?? 0

const binary = (answers: readonly Answer[]) => ({
  scores: answers.map(covidOf),
  positive: answers.map((a) => a.record.classB === 'covid19'),
})

const at = (answers: readonly Answer[], threshold: number): string => {
  const c = countsAt(binary(answers), threshold)
  const sensitivity = wilson(c.truePositives, c.truePositives + c.falseNegatives)
  const specificity = wilson(c.trueNegatives, c.trueNegatives + c.falsePositives)
  return `sensitivity ${share(sensitivity)}, specificity ${share(specificity)}`
}

function pointsOf(answers: readonly Answer[], { operatingPoints }: Manifest): string[] {
  return Object.entries(operatingPoints?.covid19 ?? {}).map(
    ([name, point]) =>
      `COVID-19 at the shipped threshold "${name}" (${point.threshold.toFixed(3)}): ${at(answers, point.threshold)}`,
  )
}

/** Fitted on every other image, measured on the rest. */
function fittedPoint(answers: readonly Answer[]): string {
  const [fit, rest] = [0, 1].map((odd) => answers.filter((_, i) => i % 2 === odd)) as [Answer[], Answer[]]
  const sick = fit.filter((a) => a.record.classB === 'covid19').map(covidOf)
  const threshold = sick.sort((a, b) => b - a)[Math.ceil(WANTED * sick.length) - 1]!
  return `COVID-19 at a threshold for ${percent(WANTED)} (${threshold.toFixed(3)}), fitted on one half of these, on the other: ${at(rest, threshold)}`
}

/** The manifest's own threshold of `selective`: what it leaves undecided here, and what the rest is worth. */
function shippedSelective(answers: readonly Answer[], { selective: shipped }: Manifest): string[] {
  if (!shipped) return []
  const answered = answers.filter((a) => a.probabilities)
  const sure = answered.filter((a) => Math.max(...a.probabilities!) >= shipped.threshold)
  return [
    `selective, at the shipped threshold (${shipped.threshold.toFixed(3)}): decides ${share(wilson(sure.length, answers.length))}, balanced accuracy over the classes that occur ${balancedOf(sure).toFixed(3)} instead of ${balancedOf(answered).toFixed(3)}`,
  ]
}

/** Mean recall of the classes where only the surest share of the images is answered. */
function selective(answered: readonly Answer[]): string {
  const surest = [...answered].sort((a, b) => Math.max(...b.probabilities!) - Math.max(...a.probabilities!))
  const figures = COVERAGES.map((coverage) => {
    const of = surest.slice(0, Math.round(coverage * surest.length))
    return `${percent(coverage)}: ${balancedOf(of).toFixed(3)}`
  })
  return `balanced accuracy over the classes that occur, by the share answered: ${figures.join(', ')}`
}

/** Mean recall of the classes that occur. */
function balancedOf(answered: readonly Answer[]): number {
  const recalls = LABELS.flatMap((label, c) => {
    const own = answered.filter((a) => a.record.classB === label)
    return own.length > 0 ? [own.filter((a) => best(a) === c).length / own.length] : []
  })
  return recalls.reduce((a, b) => a + b, 0) / recalls.length
}

const percent = (v: number): string => `${(100 * v).toFixed(0)} %`
const share = ({ value, low, high }: Estimate): string =>
  `${(100 * value).toFixed(1)} % (${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)})`
const decimal = ({ value, low, high }: Estimate): string =>
  `${value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`
