import { dirname } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { findModel } from '../model-dir.ts'

type Flags = { model: string; labels: string; images?: string; out: string; site: string }

export function addCalibrateCommand(program: Command): void {
  program
    .command('calibrate')
    .description(
      "a model with thresholds and temperature fitted to a site's own films; what they are worth there is stated in every answer",
    )
    .requiredOption('--model <model>', 'a folder with a manifest.json, or the name of a shipped model')
    .requiredOption('--labels <file>', 'table of films: file, label, patient_id')
    .option('--images <dir>', 'folder of the films; default: that of the table')
    .requiredOption('--out <dir>', 'folder of the model with the new thresholds and temperature')
    .option('--site <name>', 'added to the version', siteName, 'site')
    .action(async ({ model, labels, images = dirname(labels), out, site }: Flags) => {
      const { calibrate } = await import('../calibrate/calibrate.ts')
      const { manifest, films, refused, twice, known, kept, temperatureKept } = await calibrate({
        model: findModel(model),
        labels,
        images,
        out,
        site,
      })
      console.log(
        `${out}: ${manifest.name} ${manifest.version}, thresholds from ${films} films (${refused} more are refused)`,
      )
      if (twice > 0) console.error(`${twice} films are there twice: each counts once`)
      if (known.length > 0)
        console.error(
          `films of ${known.join(', ')} trained this model: where the same patients did, these rates are too good`,
        )
      for (const [label, points] of Object.entries(manifest.operatingPoints ?? {}))
        for (const [name, { threshold, sensitivity, specificity }] of Object.entries(points))
          if (!kept.includes(label))
            console.log(
              `  ${label}, ${name}: ${threshold.toFixed(3)}; sensitivity ${said(sensitivity)}, specificity ${said(specificity)}`,
            )
      const { calibration } = manifest.site ?? {}
      if (calibration) {
        const { temperature: t, was, error } = calibration
        console.log(
          `  temperature: ${t.value.toFixed(3)} (${t.low.toFixed(3)}–${t.high.toFixed(3)}), was ${was.toFixed(3)}; expected calibration error ${said(error.before)} before, ${said(error.after)} after`,
        )
      } else console.log(`  temperature: ${manifest.temperature.toFixed(3)} as before: ${temperatureKept}`)
      const { selective } = manifest
      if (selective) {
        const { threshold, answered, balancedAccuracy } = selective
        console.log(
          `  selective: decides from ${threshold.toFixed(3)} on; ${said(answered)} of the films, balanced accuracy ${said(balancedAccuracy.answered)} instead of ${said(balancedAccuracy.all)}`,
        )
      }
      if (kept.length > 0) console.log(`  as before, for want of films: ${kept.join(', ')}`)
    })
}

const said = ({ value, low, high, n }: { value: number; low: number; high: number; n: number }): string =>
  `${value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)}, n = ${n})`

function siteName(text: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(text))
    throw new InvalidArgumentError('small letters, digits and hyphens')
  return text
}
