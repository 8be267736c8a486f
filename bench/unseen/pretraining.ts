/**
 * `node bench/unseen/pretraining.ts --data DIR --more DIR [--cache DIR] NAME=RUN/STAGE NAME=RUN/STAGE …`: trained networks of one fold on the fold's test images, and on the
 * films of `--more` that models are judged on here; each against each of the others, image by image. RUN/STAGE is for example `runs/a/fold-0`. Where a network
 * was pretrained on other films of that pipeline, it is no longer unseen.
 */
import { basename, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { selectBackend } from '@detl/train/backend/select'
import { loadPixels, type PixelCache } from '@detl/train/data/cache'
import { chosenFilms } from '@detl/train/data/chosen-films'
import { readDataSet } from '@detl/train/data/data-set'
import { labelledImages } from '@detl/train/data/labelled'
import { inputSpec } from '@detl/train/data/model-input'
import type { ImageRecord } from '@detl/train/data/record'
import { readSplit } from '@detl/train/data/split-file'
import { LabelledRecords } from '@detl/train/data/truth'
import { compareRuns } from '@detl/train/evaluate/compare'
import { loadModel } from '@detl/train/model/files'
import { predictLogits } from '@detl/train/predict'
import { readRun } from '@detl/train/run'
import type { FoldPredictions, Scores } from '@detl/train/scores/files'
import { temperatureOf } from '@detl/train/scores/temperature'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    more: { type: 'string' },
    cache: { type: 'string', default: 'runs/cache' },
  },
})
const { data, more, cache } = values
if (!data || !more || positionals.length < 2) {
  console.error(
    'usage: node bench/unseen/pretraining.ts --data DIR --more DIR NAME=RUN/STAGE NAME=RUN/STAGE …',
  )
  process.exit(2)
}
const BATCH = 32
await selectBackend()
const known = readDataSet(data)
const others = readDataSet(more)
const films = chosenFilms(others.records, { tiers: ['A'], most: 400 })
const openPixels = (records: ImageRecord[], size: number) =>
  loadPixels(records, inputSpec('harmonised', size), cache)

type Part = {
  readonly title: string
  readonly records: LabelledRecords
  readonly of: (n: Network) => FoldPredictions
}
type Network = { name: string; onFold: FoldPredictions; onFilms: FoldPredictions }

const networks: Network[] = []
for (const argument of positionals) networks.push(await networkOf(argument))
const against = (label: string): Part => ({
  title: `COVID-19 and ${label} of the pipeline`,
  records: new LabelledRecords(films, known.list),
  of: ({ onFilms }) => only(onFilms, films, ['covid19', label]),
})
const parts: Part[] = [
  {
    title: 'test images of the fold',
    records: new LabelledRecords(known.records, known.list),
    of: (n) => n.onFold,
  },
  against('normal'),
  against('pneumonia'),
]
for (const { title, records, of } of parts) {
  console.log(title)
  for (const [i, a] of networks.entries()) {
    for (const b of networks.slice(i + 1)) {
      const found = compareRuns(
        { name: b.name, folds: [of(b)] },
        { name: a.name, folds: [of(a)] },
        records,
        1,
      )
      const { balancedAccuracy, focusAuc, images } = found
      const show = (d: typeof focusAuc) =>
        `${d.b.toFixed(3)} → ${d.a.toFixed(3)}, ${signed(d.difference)} (${signed(d.low)} to ${signed(d.high)})`
      console.log(
        `  ${a.name} → ${b.name}, ${images} images: balanced accuracy ${show(balancedAccuracy)}; AUC of COVID-19 ${show(focusAuc)}`,
      )
    }
  }
}

async function networkOf(argument: string): Promise<Network> {
  const [name, path] = argument.split('=') as [string, string]
  const run = dirname(path)
  const fold = Number(/fold-(\d+)/.exec(basename(path))![1])
  const { size } = readRun(run).config
  const model = await loadModel(join(path, 'best'))
  const { validation, test } = readSplit(run).folds[fold]!
  const say = async (files: string[], records: LabelledRecords, pixels: PixelCache): Promise<Scores> => {
    const set = labelledImages(files, records, pixels, 'B', 'none')
    const all = await predictLogits(model, set, BATCH)
    return { files, logits: files.map((_, i) => [...all.subarray(i * set.classes, (i + 1) * set.classes)]) }
  }
  const records = new LabelledRecords(known.records, known.list)
  const pixels = await openPixels(known.records, size)
  const none = { files: [], logits: [] }
  const held = await say(validation, records, pixels)
  const truths = validation.map((f) => records.truthOf(f))
  const temperature = temperatureOf(held.logits, truths, known.list)
  const scores = { fold, temperature, validation: held, external: none, blanked: none }
  const ofFilms = new LabelledRecords(films, known.list)
  const files = films.map((r) => r.file)
  const onFilms = { ...scores, test: await say(files, ofFilms, await openPixels(films, size)) }
  const onFold = { ...scores, test: await say(test, records, pixels) }
  model.dispose()
  return { name, onFold, onFilms }
}

function only(all: FoldPredictions, of: readonly ImageRecord[], labels: readonly string[]): FoldPredictions {
  const wanted = new Set(of.filter((r) => labels.includes(r.classB!)).map((r) => r.file))
  const places = all.test.files.flatMap((file, i) => (wanted.has(file) ? [i] : []))
  const { files, logits } = all.test
  return { ...all, test: { files: places.map((i) => files[i]!), logits: places.map((i) => logits[i]!) } }
}

function signed(v: number): string {
  return `${v < 0 ? '−' : '+'}${Math.abs(v).toFixed(3)}`
}
