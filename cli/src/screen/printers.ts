import { SEVERITY_COLUMNS, severityCells } from '@detl/core/answers/severity-columns'
import { tellSeverity } from '@detl/core/answers/severity-text'
import { printable } from '@detl/core/base/printable'
import type { Language } from '@detl/core/model/classes'
import { stringify } from 'csv-stringify/sync'
import type { ScreenLine } from './line.ts'

/** A line as text that ends with a line break. */
export type Printer = (line: ScreenLine) => string

export const toNdjson: Printer = (line) => `${JSON.stringify(line)}\n`

const WORDS = {
  en: {
    above: 'at or above its threshold of',
    below: 'below its threshold of',
    notDiagnosis: 'scores, not a diagnosis',
  },
  de: {
    above: 'auf oder über der Schwelle von',
    below: 'unter der Schwelle von',
    notDiagnosis: 'Werte, keine Diagnose',
  },
} as const satisfies Record<Language, unknown>

/** What is printed on a terminal. */
export const toText =
  (language: Language): Printer =>
  (line) => {
    const words = WORDS[language]
    if ('error' in line)
      return `${printable(line.file)}\n  ${line.error.code}: ${printable(line.error.detail)}\n`
    const { file, model, probabilities, decision, quality, severity } = line
    const scores = Object.entries(probabilities).map(([name, p]) => {
      const held = decision.classes.find((one) => one.class === name)
      const side = held ? `  ${held.positive ? words.above : words.below} ${held.threshold.toFixed(3)}` : ''
      return `  ${name.padEnd(14)} ${p.toFixed(3)}  ${'█'.repeat(Math.round(p * 40)).padEnd(side ? 40 : 0)}${side}`.trimEnd()
    })
    const remarks = quality.warnings.map(({ code, detail }) => `  ! ${code}: ${printable(detail)}`)
    const opacity = severity ? [`  ${tellSeverity(severity, language).line}`] : []
    const head = `  ${decision.headline} (${model.name} ${model.version}; ${words.notDiagnosis})`
    return `${[printable(file), head, ...scores, ...opacity, ...remarks].join('\n')}\n`
  }

/** RFC 4180; a cell that a spreadsheet would take for a formula is written with an apostrophe before it. */
const csv = (row: readonly unknown[]) =>
  stringify([row], { record_delimiter: 'windows', escape_formulas: true })

/** @param labels classes of the model, in its order */
export const csvHeader = (labels: readonly string[]): string =>
  csv([
    'file',
    'decision',
    'above_threshold',
    'headline',
    'label',
    ...labels.map((label) => `score_${label}`),
    ...labels.map((label) => `above_threshold_${label}`),
    ...SEVERITY_COLUMNS,
    'warnings',
    'error',
    'detail',
    'model',
    'overlay',
    'fhir',
    'sr',
    'sc',
    'pdf',
  ])

/** Rows under `csvHeader` of the same classes. */
export const toCsv =
  (labels: readonly string[]): Printer =>
  (line) => {
    if ('error' in line) {
      const { code, detail } = line.error
      return csv([
        line.file,
        '',
        '',
        '',
        '',
        ...labels.flatMap(() => ['', '']),
        ...severityCells(undefined),
        '',
        code,
        detail,
        '',
        '',
        '',
        '',
        '',
        '',
      ])
    }
    const { file, label, probabilities, decision, quality, severity, model } = line
    const { overlay, fhir, sr, sc, pdf } = line
    return csv([
      file,
      decision.outcome,
      decision.above.join(' '),
      decision.headline,
      label,
      ...labels.map((name) => probabilities[name]),
      ...labels.map((name) => String(decision.classes.find((held) => held.class === name)?.positive ?? '')),
      ...severityCells(severity),
      quality.warnings.map(({ code }) => code).join(' '),
      '',
      '',
      `${model.name} ${model.version}`,
      overlay,
      fhir,
      sr,
      sc,
      pdf,
    ])
  }

/** What is printed of each file, by its name, for the classes of a model. */
export const OUTPUTS = {
  json: () => toNdjson,
  csv: toCsv,
  text: (_, language) => toText(language),
  none: () => () => '',
} as const satisfies Record<string, (labels: readonly string[], language: Language) => Printer>
export type Output = keyof typeof OUTPUTS
