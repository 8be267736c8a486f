import type { Language } from '@detl/core/model/classes'
import { DEFAULT_MODEL } from '@detl/core/model/default-model'
import { PROVIDERS, type Provider } from '@detl/gpu-function/session-messages'
import { type Command, Option } from 'commander'
import { FORMATS, readFormats } from '../format-option.ts'
import { languageOption } from '../language-option.ts'
import { findModel } from '../model-dir.ts'
import { report } from '../report-error.ts'
import type { Format } from '../screen/output-folder.ts'

type ScreenFlags = {
  filesFrom?: string
  json?: boolean
  csv?: boolean
  out?: string
  format: Format[]
  resume?: string | true
  force?: boolean
  selective?: boolean
  language: Language
  model: string
  provider: Provider
}

const EXAMPLES = `
Examples:
  detl screen chest.dcm
  detl screen study/ --json > scores.ndjson          all images below a folder
  detl screen study/ --json --resume=scores.ndjson >> scores.ndjson
  detl screen study/ --out results --format png,sr   and an overlay and a DICOM report of each
  detl screen study/ --out results --resume          goes on after an interruption
  find / -name '*.dcm' | detl screen --files-from - --csv > scores.csv

Results go to standard output, progress and summary to standard error.
Exit code: 0 if each image was scored, 1 if one was not, 2 for a call that is wrong, 130 after Ctrl-C.`

export function addScreenCommand(program: Command): void {
  program
    .command('screen')
    .description('score chest X-rays in this process: probabilities, label, heat maps')
    .argument(
      '[files...]',
      'PNG, JPEG or DICOM files, folders, patterns such as "in/**/*.dcm"; - reads an image from standard input',
    )
    .option('--files-from <file>', 'a list of files and folders, one a line; - reads it from standard input')
    .addOption(new Option('--json', 'one JSON object a line').conflicts('csv'))
    .option('--csv', 'one line of comma-separated values each, with a header')
    .option(
      '--out <dir>',
      `write an overlay of the heat map of each image, in the inputs’ own tree of folders, and a record of the run`,
    )
    .option(
      '--format <kinds>',
      `what --out writes, of ${FORMATS.join(', ')}: overlay, FHIR report, DICOM structured report, Secondary Capture; or all`,
      readFormats,
      ['png'],
    )
    .option(
      '--resume [file]',
      'leave out what an earlier output holds: the record in --out, or FILE as --json or --csv printed it',
    )
    .option('--force', 'overwrite what is there')
    .option('--selective', 'decide only images of which the model is sure; its card says what that is worth')
    .addOption(languageOption())
    .option('--model <model>', 'folder of the model, or name of one that comes with detl', DEFAULT_MODEL)
    .addOption(
      new Option('--provider <name>', 'what runs the model, on whatever it finds; its adapter is named')
        .choices([...PROVIDERS])
        .default('cpu'),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], flags: ScreenFlags) => {
      if (files.length === 0 && flags.filesFrom === undefined)
        program.error('detl screen: name files or folders, or a list of them with --files-from')
      const { run } = await import('../screen/run.ts')
      const modelDir = findModel(flags.model)
      const { summary, exitCode, error } = await run(files, {
        loadScorer: async () => (await import('../screen/scorer.ts')).loadScorer(modelDir, [flags.provider]),
        filesFrom: flags.filesFrom,
        print: flags.json ? 'json' : flags.csv ? 'csv' : 'text',
        out: flags.out,
        formats: flags.format,
        resume: flags.resume,
        force: flags.force ?? false,
        language: flags.language,
        selective: flags.selective ?? false,
      })
      console.error(summary)
      if (error) report(error)
      process.exitCode = exitCode
    })
}
