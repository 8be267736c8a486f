import { existsSync, fstatSync, ftruncateSync, statSync } from 'node:fs'
import { AppError } from '@detl/core/api/problem'
import type { Language } from '@detl/core/model/classes'
import { reasonOf, systemCode } from '../io-errors.ts'
import { allRecorded, begunIn, ownOutputs } from './begun.ts'
import { type EarlierOutput, readEarlier } from './earlier-output.ts'
import { collectInputs, type Input } from './inputs.ts'
import { type Interrupt, listenForSignals } from './interrupt.ts'
import { LineWriter } from './line-writer.ts'
import { type Format, makeFolder, mirror, realFolder } from './output-folder.ts'
import { csvHeader, OUTPUTS, type Output } from './printers.ts'
import { startProgress } from './progress.ts'
import { RunRecord, recordIn } from './record.ts'
import type { LoadingScorer, Scorer } from './scorer.ts'
import { ScreenThreads, screenFiles } from './screen-files.ts'
import { inShard, type Shard } from './shard.ts'
import { Tally } from './tally.ts'

export type RunOptions = {
  /** What scores: the model in this process, or a server of it. */
  readonly loadScorer: () => Promise<LoadingScorer>
  /** Of all that was named, only this share. */
  readonly shard?: Shard | undefined
  /** List of files; `-` is standard input. */
  readonly filesFrom: string | undefined
  readonly print: Output
  /** A folder that is not entered, beside `out`. */
  readonly apart?: string | undefined
  /** Folder for what is written of each image. */
  readonly out: string | undefined
  readonly formats: readonly Format[]
  /** An earlier output to go on from; `true` is the record in `out`. */
  readonly resume: string | true | undefined
  readonly force: boolean
  /** Of what people read: headlines, reports, what is written into pictures. */
  readonly language: Language
  /** Decide only what the model is sure of, as its manifest says. */
  readonly selective?: boolean
}

export type Outcome = {
  readonly summary: string
  /** 0 if each file was scored, 1 if some were not, 128 + n after signal n, 141 if nobody reads on. */
  readonly exitCode: number
  /** What ended the run before its end: nothing more could be written. What was done until then is kept. */
  readonly error: AppError | undefined
}

/**
 * `detl screen`: everything that was named, to standard output, and to `out`.
 * @throws AppError for what concerns the run as a whole, before anything is screened
 */
export async function run(args: readonly string[], options: RunOptions): Promise<Outcome> {
  const { out } = options
  const apart = [out, options.apart].flatMap((folder) => (folder === undefined ? [] : [realFolder(folder)]))
  const all = await collectInputs(args, { filesFrom: options.filesFrom, apart })
  if (all.length === 0) throw new AppError('image-missing', 'there is no file in what was named')
  const outputs = out === undefined ? () => ({}) : mirror(all, out, options.formats)
  const mine = options.shard ? all.filter(({ name }) => inShard(name, options.shard!)) : all
  const loading = await options.loadScorer()
  try {
    return await runScored(mine, options, loading, outputs)
  } finally {
    await loading.loaded.then(
      (scorer) => scorer.close(),
      () => undefined, // thrown above
    )
  }
}

async function runScored(
  mine: readonly Input[],
  options: RunOptions,
  { manifest, loaded }: LoadingScorer,
  outputs: Parts['outputs'],
): Promise<Outcome> {
  const { out, force, language, selective = false } = options
  const { name, version } = manifest
  if (selective && !manifest.selective)
    throw new AppError(
      'request-invalid',
      `--selective: of the model ${name} ${version} it is not known from where on it is sure`,
    )
  const earlier = await earlierOutput(options, `${name} ${version}`)
  const own = out !== undefined && options.resume === true ? await ownOutputs(out) : () => false
  const inputs = leftOf(mine, earlier, options.resume === true ? outputs : undefined, own)
  const begun = out === undefined ? undefined : begunIn(out)
  const threads = new ScreenThreads(inputs.length, { manifest, force, language, selective, begun })
  try {
    const scorer = await loaded
    if (out !== undefined) await makeFolder(out)
    const wholeBytes = options.resume === true ? (earlier?.wholeBytes ?? 0) : undefined
    const record = out === undefined ? undefined : await RunRecord.open(out, wholeBytes, force)
    const interrupt = listenForSignals()
    try {
      const going = typeof options.resume === 'string'
      const parts = { ...options, interrupt, scorer, threads, outputs, record, going }
      const { tally, error, unread } = await screenAll(inputs, parts)
      const failed = error !== undefined || tally.failed > 0
      if (out !== undefined && !failed) allRecorded(out)
      return {
        summary: tally.summary(inputs.length, mine.length - inputs.length) + onGpu(scorer),
        exitCode: interrupt.exitCode() ?? (unread ? EXIT_PIPE : failed ? 1 : 0),
        error,
      }
    } finally {
      interrupt.release()
      await record?.close()
    }
  } finally {
    await threads.close()
  }
}

/**
 * What is still to be screened.
 * @param outputs of the record that is gone on with: an image of which something is missing there is screened again, and the rest is kept
 * @param own whether a run wrote what is there, and did not come to record it
 */
function leftOf(
  mine: readonly Input[],
  earlier: EarlierOutput | undefined,
  outputs: Parts['outputs'] | undefined,
  own: (path: string) => boolean,
): Input[] {
  return mine.flatMap((input) => {
    const done = earlier?.done.get(input.name)
    const all = outputs ? Object.values(outputs(input)) : []
    const there = all.filter(existsSync)
    if (done === undefined) return [{ ...input, keep: there.filter(own) }]
    return done === 'refused' || there.length === all.length ? [] : [{ ...input, keep: there }]
  })
}

const onGpu = ({ where }: Scorer): string => (where === undefined ? '' : `\nrun by ${where}`)

/** As a shell gives it for a program that SIGPIPE ended: who reads the output has read enough. */
const EXIT_PIPE = 141

type Parts = RunOptions & {
  readonly interrupt: Interrupt
  readonly scorer: Scorer
  readonly threads: ScreenThreads
  readonly outputs: Parameters<typeof screenFiles>[1]['outputs']
  readonly record: RunRecord | undefined
  /** Lines are added to those of an earlier run. */
  readonly going: boolean
}

async function screenAll(inputs: readonly Input[], parts: Parts) {
  const { record, scorer, threads, outputs } = parts
  const { labels } = scorer.manifest
  const print = OUTPUTS[parts.print](labels, parts.language)
  const tally = new Tally()
  const progress = startProgress(inputs.length)
  const stdout = new LineWriter(process.stdout)
  const stop = AbortSignal.any([parts.interrupt.stop, stdout.closed])
  let error: AppError | undefined
  try {
    if (parts.print === 'csv' && !parts.going) await stdout.write(csvHeader(labels))
    for await (const line of screenFiles(inputs, { scorer, threads, outputs, stop })) {
      tally.count(line)
      if (line) {
        await record?.add(line)
        progress.aside()
        await stdout.write(print(line))
      }
      progress.step(tally.failed)
    }
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown
    error = thrown
  } finally {
    progress.stop()
  }
  const { failure } = stdout
  const unread = systemCode(failure) === 'EPIPE'
  if (failure !== undefined && !unread)
    error ??= new AppError('internal', `standard output cannot be written: ${reasonOf(failure)}`, {
      cause: failure,
    })
  return { tally, error, unread }
}

async function earlierOutput({ resume, out }: RunOptions, model: string): Promise<EarlierOutput | undefined> {
  if (resume === undefined) return undefined
  if (resume === true) {
    if (out === undefined)
      throw new AppError(
        'request-invalid',
        '--resume goes on with the folder of --out, or with --resume=FILE',
      )
    return existsSync(recordIn(out)) ? readEarlier(recordIn(out), model) : undefined
  }
  if (!existsSync(resume)) throw new AppError('request-invalid', `--resume ${resume}: there is no such file`)
  const earlier = await readEarlier(resume, model)
  cutHalfLine(resume, earlier.wholeBytes)
  return earlier
}

/** Where `>> FILE` adds to the very output that is gone on with, half a line at its end is taken away first. */
function cutHalfLine(file: string, wholeBytes: number): void {
  const [ours, theirs] = [fstatSync(1), statSync(file)]
  if (!ours.isFile() || ours.ino !== theirs.ino || ours.dev !== theirs.dev) return
  if (theirs.size > wholeBytes) ftruncateSync(1, wholeBytes)
}
