import { printable } from '@detl/core/base/printable'
import { DEFAULT_MODEL } from '@detl/core/model/default-model'
import type { Command } from 'commander'
import type { DriftReport } from '../drift/drift-report.ts'
import { findModel } from '../model-dir.ts'
import { day } from '../option-values.ts'

type ReferenceFlags = { model: string; log?: string; of?: string }
type ReportFlags = { model: string; since?: string; until?: string; json?: boolean }

const ABOUT = `
What counts as drift: the population stability index of a measure is 0.25 or more, and more than chance gives once in a thousand times.
From 0.1 on it is "watch". Of fewer than 100 screenings nothing is said.`

/** `drift report|reference`: is what is screened still what the model was measured on? */
export function addDriftCommand(program: Command): void {
  const drift = program
    .command('drift')
    .description('whether what is screened is still like the films that the model was measured on')
  drift
    .command('report')
    .description('hold the prediction log against the model’s reference: scores, distance, tensors')
    .argument('<log...>', 'folder of the prediction log (DETL_PREDICTION_LOG), or files of it')
    .option('--model <model>', 'a folder with reference.json, or the name of a shipped model', DEFAULT_MODEL)
    .option('--since <day>', 'from this day on, for example 2026-11-01', day)
    .option('--until <day>', 'up to this day, which is the last', day)
    .option('--json', 'one JSON object')
    .addHelpText('after', ABOUT)
    .action(async (log: string[], { model, json, ...range }: ReportFlags) => {
      const { driftReport } = await import('../drift/drift-report.ts')
      const report = await driftReport(findModel(model), log, range)
      console.log(json ? JSON.stringify(report) : textOf(report))
    })
  drift
    .command('reference')
    .description('write reference.json of a model: what is usual, of films or of a stretch of the log')
    .argument('[films...]', 'files and folders of films, 30 or more')
    .requiredOption('--model <folder>', 'the folder that gets it')
    .option('--log <path>', 'take the screenings of this log instead of films')
    .option('--of <text>', 'what films these are; stated in reports')
    .action(async (films: string[], { model, log, of }: ReferenceFlags) => {
      if (films.length > 0 === (log !== undefined))
        drift.error('detl drift reference: name films, or a log with --log')
      const { makeReference } = await import('../drift/make-reference.ts')
      const { reference, refused } = await makeReference({
        model: findModel(model),
        films,
        log: log === undefined ? [] : [log],
        of: of ?? (log === undefined ? 'films of a folder' : 'screenings of a prediction log'),
      })
      console.log(`reference.json: ${reference.films} films (${refused} more are refused)`)
    })
}

function textOf(report: DriftReport): string {
  const { model, version, reference, screenings, others, torn, tests, from, to, level, outOfDistribution } =
    report
  const width = Math.max(...Object.keys(report.measures).map((name) => name.length))
  const rows = Object.entries(report.measures).map(([name, m]) =>
    [
      name.padEnd(width),
      m.psi.toFixed(3).padStart(7),
      m.chance.toFixed(3).padStart(7),
      figure(m.medianThen).padStart(10),
      figure(m.medianNow).padStart(10),
      `  ${m.level}`,
    ].join(' '),
  )
  const leftOut = [
    ...(others > 0 ? [`${others} of other models or versions`] : []),
    ...(tests > 0 ? [`${tests} of test keys`] : []),
    ...(torn > 0 ? [`${torn} half written`] : []),
  ]
  return [
    `${model} ${version}: ${screenings} screenings, ${from} to ${to}${leftOut.length > 0 ? ` (left out: ${leftOut.join(', ')})` : ''}`,
    `reference: ${reference.films} films: ${reference.of}`,
    `${'measure'.padEnd(width)}     PSI  chance       then        now`,
    ...rows,
    ...(outOfDistribution === null
      ? []
      : [
          `outside what the model knows: ${(100 * outOfDistribution).toFixed(1)} % (1 % of films like those of training)`,
        ]),
    SAID[level],
  ]
    .map(printable) // names and words of the model's folder and of the log
    .join('\n')
}

const SAID = {
  none: 'no drift',
  watch: 'watch: a measure begins to differ',
  drift:
    'DRIFT: these films are not like those of the reference; thresholds and figures may not hold for them',
  few: 'too few screenings to say: 100 are needed',
} as const

const figure = (value: number): string => value.toPrecision(4)
