import { LABELS } from '@detl/core/model/labels'
import { stringify } from 'csv-stringify/sync'
import type { ScreenLine } from './line.ts'

/** A line as text that ends with a line break. */
export type Printer = (line: ScreenLine) => string

export const toNdjson: Printer = (line) => `${JSON.stringify(line)}\n`

export const toText: Printer = (line) => {
  if ('error' in line) return `${line.file}\n  ${line.error.code}: ${line.error.detail}\n`
  const { file, model, probabilities, decision, quality } = line
  const scores = LABELS.map((name) => {
    const p = probabilities[name]
    const held = decision.classes.find((one) => one.class === name)
    const side = held
      ? `  ${held.positive ? 'at or above' : 'below'} its threshold of ${held.threshold.toFixed(3)}`
      : ''
    return `  ${name.padEnd(14)} ${p.toFixed(3)}  ${'█'.repeat(Math.round(p * 40)).padEnd(side ? 40 : 0)}${side}`.trimEnd()
  })
  const remarks = quality.warnings.map(({ code, detail }) => `  ! ${code}: ${detail}`)
  const head = `  ${decision.headline} (${model.name} ${model.version}; scores, not a diagnosis)`
  return `${[file, head, ...scores, ...remarks].join('\n')}\n`
}

/** RFC 4180; a cell that a spreadsheet would take for a formula is written with an apostrophe before it. */
const csv = (row: readonly unknown[]) =>
  stringify([row], { record_delimiter: 'windows', escape_formulas: true })

export const CSV_HEADER = csv([
  'file',
  'decision',
  'above_threshold',
  'headline',
  'label',
  ...LABELS.map((label) => `score_${label}`),
  ...LABELS.map((label) => `above_threshold_${label}`),
  'warnings',
  'error',
  'detail',
  'model',
  'overlay',
  'fhir',
  'sr',
  'sc',
])

export const toCsv: Printer = (line) => {
  if ('error' in line) {
    const { code, detail } = line.error
    return csv([
      line.file,
      '',
      '',
      '',
      '',
      ...LABELS.flatMap(() => ['', '']),
      '',
      code,
      detail,
      '',
      '',
      '',
      '',
      '',
    ])
  }
  const { file, label, probabilities, decision, quality, model, overlay, fhir, sr, sc } = line
  return csv([
    file,
    decision.outcome,
    decision.above.join(' '),
    decision.headline,
    label,
    ...LABELS.map((name) => probabilities[name]),
    ...LABELS.map((name) => String(decision.classes.find((held) => held.class === name)?.positive ?? '')),
    quality.warnings.map(({ code }) => code).join(' '),
    '',
    '',
    `${model.name} ${model.version}`,
    overlay,
    fhir,
    sr,
    sc,
  ])
}
