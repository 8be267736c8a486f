import type { ComparisonFormat } from '@detl/core/answers/comparison/files'
import { LANGUAGES, type Language } from '@detl/core/model/classes'
import { DEFAULT_MODEL } from '@detl/core/model/default-model'
import { PROVIDERS, type Provider } from '@detl/gpu-function/session-messages'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { findModel } from '../model-dir.ts'

type CompareFlags = {
  json?: boolean
  out?: string
  format: ComparisonFormat[]
  allowDifferentPatients?: boolean
  language: Language
  force?: boolean
  model: string
  provider: Provider
}

const FORMATS = ['png', 'fhir', 'sr'] as const satisfies readonly ComparisonFormat[]

const EXAMPLES = `
Examples:
  detl compare monday.dcm thursday.dcm
  detl compare day0.png day3.png day7.png --json
  detl compare day0.dcm day3.dcm --out results --format all

Films are taken in the order of their dates where all state one, else as they are named. It tells whether less or more of the lungs is
opaque, not how the patient is; it was not validated clinically.`

export function addCompareCommand(program: Command): void {
  program
    .command('compare')
    .description(
      'compare chest X-rays of one patient: less, as much or more of the lungs opaque, zone by zone',
    )
    .argument('<films...>', 'two or more PNG, JPEG or DICOM files, in the order of time')
    .option('--json', 'one JSON object')
    .option('--out <dir>', 'write a picture of the films, their zones and the difference')
    .option(
      '--format <kinds>',
      `what --out writes, of ${FORMATS.join(', ')}: picture, FHIR Observation, DICOM structured report; or all`,
      readFormats,
      ['png'],
    )
    .option('--allow-different-patients', 'compare films all the same whose headers name different patients')
    .addOption(
      new Option('--language <language>', 'of what people read').choices([...LANGUAGES]).default('en'),
    )
    .option('--force', 'overwrite what is there')
    .option('--model <model>', 'folder of the model, or name of one that comes with detl', DEFAULT_MODEL)
    .addOption(new Option('--provider <name>', 'what runs the model').choices([...PROVIDERS]).default('cpu'))
    .addHelpText('after', EXAMPLES)
    .action(async (films: string[], flags: CompareFlags) => {
      if (films.length < 2) program.error('detl compare: name two films or more')
      const { compareFiles } = await import('../compare/compare-files.ts')
      const { compared, written } = await compareFiles(films, {
        modelDir: findModel(flags.model),
        providers: [flags.provider],
        language: flags.language,
        allowDifferentPatients: flags.allowDifferentPatients ?? false,
        out: flags.out,
        formats: flags.format,
        force: flags.force ?? false,
      })
      if (flags.json) {
        const { comparisonJson } = await import('@detl/core/answers/comparison/json')
        // Nobody served these films: what a service would say of each is `detl screen --json`.
        const { screenings: _, ...comparison } = comparisonJson(compared)
        const files = comparison.films.map((film) => ({ file: films[film.position], ...film }))
        console.log(JSON.stringify({ ...comparison, films: files }))
      } else {
        const { comparisonText } = await import('../compare/comparison-text.ts')
        process.stdout.write(comparisonText(compared, films))
      }
      for (const path of written) console.error(path)
    })
}

function readFormats(text: string): ComparisonFormat[] {
  const kinds = text === 'all' ? [...FORMATS] : text.split(',').map((kind) => kind.trim())
  if (kinds.some((kind) => !FORMATS.some((format) => format === kind)))
    throw new InvalidArgumentError(`It is "all" or some of ${FORMATS.join(', ')}, parted by commas.`)
  return kinds as ComparisonFormat[]
}
