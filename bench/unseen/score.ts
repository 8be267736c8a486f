/**
 * `node bench/unseen/score.ts MODEL … --data DIR [--data DIR] [--tiers A] [--most N] [--threshold T …] [--csv FILE]`: how a shipped model does on collections
 * that it was not trained on, those that its manifest does not name. Of each collection and class N images at most, evenly over the manifest's order. An image
 * goes the way of a screening: what the gate refuses is refused, and counts as not found.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { codecs } from '@detl/codecs/modules'
import { AppError } from '@detl/core/api/problem'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import { LABELS } from '@detl/core/model/labels'
import { type Manifest, parseManifest } from '@detl/core/model/manifest'
import { chosenFilms } from '@detl/train/data/chosen-films'
import type { ImageRecord } from '@detl/train/data/record'
import { readFolder } from '@detl/train/data/sources/folder'
import ort from 'onnxruntime-node'
import { type Answer, figuresOf } from './figures.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string', multiple: true },
    tiers: { type: 'string', multiple: true },
    threshold: { type: 'string', multiple: true, default: [] },
    most: { type: 'string', default: '400' },
    csv: { type: 'string' },
  },
})
if (positionals.length === 0 || !values.data) {
  console.error('usage: node bench/unseen/score.ts MODEL … --data DIR; DIR is a folder with manifest.csv')
  process.exit(2)
}
const records = values.data.flatMap((dir) => readFolder(dir).records).filter((r) => r.classB !== undefined)
const lines = ['model,file,dataset,truth,refused,p_normal,p_other_disease,p_pneumonia,p_covid19']
for (const folder of positionals) {
  const manifest = parseManifest(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')))
  const answers = await scoreAll(folder, manifest, unseenBy(manifest))
  console.log(`\n${manifest.name} ${manifest.version}`)
  for (const line of figuresOf(answers, manifest, values.threshold.map(Number))) console.log(line)
  for (const { record, probabilities } of answers)
    lines.push(
      [
        manifest.name,
        record.file,
        record.dataset,
        record.classB,
        probabilities ? '' : 'yes',
        ...LABELS.map((_, c) => probabilities?.[c]?.toFixed(5) ?? ''),
      ].join(','),
    )
}
if (values.csv) writeFileSync(values.csv, `${lines.join('\n')}\n`)

/** Evenly chosen images of what the model's manifest does not name. */
function unseenBy({ data }: Manifest): ImageRecord[] {
  const seen = new Set(data.sources.map(({ name }) => name))
  const { tiers } = values
  return chosenFilms(
    records.filter((r) => !seen.has(r.dataset)),
    { tiers, most: Number(values.most) },
  )
}

async function scoreAll(folder: string, manifest: Manifest, of: readonly ImageRecord[]): Promise<Answer[]> {
  const { preprocess, gate } = manifest
  const session = await ort.InferenceSession.create(join(folder, 'model.onnx'), {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  })
  const answers: Answer[] = []
  for (const record of of) {
    const bytes = new Uint8Array(readFileSync(record.path))
    const taken = await takeIn(
      bytes,
      preprocess,
      { mode: 'refuse', spec: gate },
      { limits: DEFAULT_LIMITS, codecs },
    ).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'image-unsuitable') return undefined
      throw error
    })
    if (!taken) {
      answers.push({ record, probabilities: undefined })
      continue
    }
    const { size } = preprocess
    const image = new ort.Tensor('uint8', taken.preprocessed.tensor, [1, 1, size, size])
    const { probabilities } = await session.run({ image }, ['probabilities'])
    answers.push({ record, probabilities: [...(probabilities!.data as Float32Array)] })
  }
  return answers
}
