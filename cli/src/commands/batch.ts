import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Language } from '@detl/core/model/classes'
import { DEFAULT_MODEL } from '@detl/core/model/default-model'
import { type Command, Option } from 'commander'
import { FORMATS, readFormats } from '../format-option.ts'
import { languageOption } from '../language-option.ts'
import { findModel } from '../model-dir.ts'
import { report } from '../report-error.ts'
import type { Format } from '../screen/output-folder.ts'
import type { Outcome } from '../screen/run.ts'
import { ENDED, folderOfShard, readShard, type Shard } from '../screen/shard.ts'

type BatchFlags = {
  filesFrom?: string
  out?: string
  shard: Shard
  gpu?: string
  format: Format[]
  model: string
  language: Language
  acceptFailures?: boolean
}

const EXAMPLES = `
Examples:
  detl batch --files-from list.txt --out results                       one machine, the model in this process
  detl batch --files-from list.txt --out results --shard 0/4           the first of four machines
  detl batch archive/ --out results --shard 2/4 --gpu http://gpu:8001  scored by a server
  detl batch merge results > results.ndjson                            when all have ended

The same call again goes on where it ended, also after a power cut. The environment's DETL_SIGNING_KEY is what the server knows callers by.
Exit code: as of detl screen; 0 if each image of the shard was scored.`

export function addBatchCommand(program: Command): void {
  const batch = program
    .command('batch')
    .description('screen an archive on machines of one’s own: shards that go on after a stop, and are merged')
    .argument('[files...]', 'files, folders, patterns, as of detl screen')
    .option('--files-from <file>', 'a list of files and folders, one a line')
    .option('--out <dir>', 'folder of the results; each shard has its own below it')
    .addOption(
      new Option('--shard <i/n>', 'which share of the files, of how many: 0/16 … 15/16')
        .argParser(readShard)
        .default({ index: 0, count: 1 } satisfies Shard, '0/1'),
    )
    .option('--gpu <url>', 'score on this server: our GPU function, KServe, Triton; else in this process')
    .addOption(
      new Option(
        '--format <kinds>',
        `what is written of each image beside its line: some of ${FORMATS.join(', ')}, or all`,
      )
        .argParser(readFormats)
        .default([], 'the line alone'),
    )
    .option('--accept-failures', 'images that cannot be scored are no failure of the run: exit code 0')
    .addOption(languageOption())
    .option('--model <model>', 'folder of the model, or name of one that comes with detl', DEFAULT_MODEL)
    .action(async (files: string[], flags: BatchFlags) => {
      if (files.length === 0 && flags.filesFrom === undefined)
        program.error('detl batch: name files or folders, or a list of them with --files-from')
      const { out } = flags
      if (out === undefined) return program.error('detl batch: name the folder of the results with --out')
      const { summary, exitCode, error } = await runShard(files, {
        ...flags,
        out,
        modelDir: findModel(flags.model),
        signingKeys: process.env.DETL_SIGNING_KEY,
      })
      console.error(summary)
      if (error) report(error)
      process.exitCode = exitCode === 1 && !error && flags.acceptFailures ? 0 : exitCode
    })
  batch
    .command('merge')
    .description('the results of all shards as one, on standard output')
    .argument('<dir>', 'what --out was')
    .option('--csv', 'as CSV, else as NDJSON')
    .action(async (dir: string, { csv }: { csv?: boolean }) => {
      const { mergeShards } = await import('../batch/merge-shards.ts')
      const { LineWriter } = await import('../screen/line-writer.ts')
      console.error(await mergeShards(dir, csv ? 'csv' : 'json', new LineWriter(process.stdout)))
    })
  batch.addHelpText('after', EXAMPLES)
}

/** @returns as `detl screen --out DIR --resume` does, of one share of the files, in a folder of its own */
async function runShard(
  files: readonly string[],
  options: {
    filesFrom?: string | undefined
    out: string
    shard: Shard
    gpu?: string | undefined
    format: readonly Format[]
    modelDir: string
    language: Language
    signingKeys: string | undefined
  },
): Promise<Outcome> {
  const { filesFrom, out, shard, gpu, format, modelDir, language, signingKeys } = options
  const folder = join(out, folderOfShard(shard))
  await rm(join(folder, ENDED), { force: true })
  const { run } = await import('../screen/run.ts')
  const outcome = await run(files, {
    loadScorer: async () =>
      gpu === undefined
        ? (await import('../screen/scorer.ts')).loadScorer(modelDir, ['cpu'])
        : (await import('../screen/remote-scorer.ts')).loadRemoteScorer(modelDir, gpu, signingKeys),
    shard,
    filesFrom,
    print: 'none',
    apart: out,
    out: folder,
    formats: format,
    language,
    resume: true,
    force: true, // what a run wrote of a file before it was killed is written again
  })
  const { writeWhole } = await import('../screen/write-whole.ts')
  const whole = outcome.error === undefined && outcome.exitCode <= 1
  if (whole)
    await writeWhole(join(folder, ENDED), new TextEncoder().encode(`${JSON.stringify(shard)}\n`), true)
  return outcome
}
