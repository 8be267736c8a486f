/**
 * `node bench/int8/accuracy.ts MODEL DATA [--method minmax|entropy] [--images N]`: what 8-bit integers cost in accuracy. The model's folder names
 * its held-out images (report/predictions.csv, fold 0); DATA has them and the training images, from which the ranges are taken. Balanced
 * accuracy of both models by the most probable class, their difference with a paired bootstrap interval, and how the label's maps correlate.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { codecs } from '@detl/codecs/modules'
import { uniform } from '@detl/core/base/random'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import { LABELS } from '@detl/core/model/labels'
import { type Manifest, parseManifest } from '@detl/core/model/manifest'
import { quantise } from '@detl/export/quantise/quantise'
import { parse } from 'csv-parse/sync'
import ort from 'onnxruntime-node'

const RESAMPLES = 2000
type Row = Record<string, string>
type Scored = { label: number; map: Float32Array }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { method: { type: 'string', default: 'minmax' }, images: { type: 'string', default: '128' } },
})
const [folder, data] = positionals
if (!folder || !data || !existsSync(join(data, 'manifest.csv'))) {
  console.error(
    'usage: node bench/int8/accuracy.ts MODEL DATA; DATA is a folder with manifest.csv and images/',
  )
  process.exit(2)
}
const manifest = parseManifest(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')))
const rowsOf = (path: string): Row[] => parse(readFileSync(path, 'utf8'), { columns: true })
const predictions = rowsOf(join(folder, 'report/predictions.csv'))
const test = predictions.filter(({ part, fold }) => part === 'test' && fold === '0')
const held = new Set(
  predictions.filter(({ part, fold }) => part !== 'test' || fold === '0').map((row) => row.file),
)
// Whole groups stay out: a patient's other image is no training image.
const groups = new Set(test.map(({ group }) => group))
const training = rowsOf(join(data, 'manifest.csv')).filter(
  (row) => row.class_b && row.dataset !== 'figure1' && !held.has(row.file) && !groups.has(row.group_id!),
)
const count = Math.min(Number(values.images), training.length)
const chosen = Array.from({ length: count }, (_, i) => training[Math.floor((i * training.length) / count)]!)

const onnx = new Uint8Array(readFileSync(join(folder, 'model.onnx')))
const ranges = await Promise.all(chosen.map(({ file }) => tensorOf(file!, manifest)))
const method = values.method === 'entropy' ? 'entropy' : 'minmax'
const sessions = await Promise.all(
  [onnx, (await quantise(onnx, ranges, { method })).onnx].map((bytes) =>
    ort.InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 }),
  ),
)
const truth: number[] = []
const labels: [number, number][] = []
const correlations: number[] = []
for (const { file, truth: name } of test) {
  const tensor = await tensorOf(file!, manifest)
  const [a, b] = (await Promise.all(sessions.map((session) => score(session, tensor)))) as [
    Scored[],
    Scored[],
  ]
  truth.push(LABELS.indexOf(name as (typeof LABELS)[number]))
  labels.push([best(a), best(b)])
  correlations.push(pearson(a[best(a)]!.map, b[best(a)]!.map))
}
report()

async function tensorOf(file: string, { preprocess, gate }: Manifest): Promise<Uint8Array> {
  const options = { limits: DEFAULT_LIMITS, codecs }
  const bytes = new Uint8Array(readFileSync(join(data!, file)))
  return (await takeIn(bytes, preprocess, { mode: 'report', spec: gate }, options)).preprocessed.tensor
}

async function score(session: ort.InferenceSession, image: Uint8Array): Promise<Scored[]> {
  const { size } = manifest.preprocess
  const { probabilities, cam } = await session.run(
    { image: new ort.Tensor('uint8', image, [1, 1, size, size]) },
    ['probabilities', 'cam'],
  )
  const cells = cam!.size / LABELS.length
  const maps = cam!.data as Float32Array
  return [...(probabilities!.data as Float32Array)].map((label, c) => ({
    label,
    map: maps.slice(c * cells, (c + 1) * cells),
  }))
}

function best(scores: readonly Scored[]): number {
  return scores.reduce((top, { label }, c) => (label > scores[top]!.label ? c : top), 0)
}

function balanced(which: 0 | 1, of: readonly number[]): number {
  const right = LABELS.map(() => 0)
  const all = LABELS.map(() => 0)
  for (const i of of) {
    all[truth[i]!]!++
    if (labels[i]![which] === truth[i]) right[truth[i]!]!++
  }
  return right.reduce((sum, n, c) => sum + n / Math.max(1, all[c]!), 0) / LABELS.length
}

function report(): void {
  const everyone = truth.map((_, i) => i)
  const rng = uniform(1)
  const differences = Array.from({ length: RESAMPLES }, () => {
    const drawn = everyone.map(() => Math.floor(rng() * truth.length))
    return balanced(1, drawn) - balanced(0, drawn)
  }).sort((a, b) => a - b)
  const points = (share: number) => (share * 100).toFixed(2)
  const at = (share: number) => points(differences[Math.floor(share * (RESAMPLES - 1))]!)
  const sorted = correlations.filter((r) => !Number.isNaN(r)).sort((a, b) => a - b)
  const same = labels.filter(([a, b]) => a === b).length
  console.log(`${manifest.name} ${manifest.version}, ${method}, ranges of ${ranges.length} training images`)
  console.log(`held-out images: ${truth.length}; the same label for ${same}`)
  console.log(
    `balanced accuracy: fp32 ${points(balanced(0, everyone))} %, int8 ${points(balanced(1, everyone))} %`,
  )
  const difference = points(balanced(1, everyone) - balanced(0, everyone))
  console.log(`difference: ${difference} points (paired bootstrap, 95 %: ${at(0.025)} to ${at(0.975)})`)
  const mean = sorted.reduce((sum, r) => sum + r, 0) / sorted.length
  console.log(
    `map of the label: correlation ${mean.toFixed(4)} in the mean, ${sorted[Math.floor(sorted.length / 20)]!.toFixed(4)} at the 5th percentile`,
  )
}

function pearson(x: Float32Array, y: Float32Array): number {
  const mean = (v: Float32Array) => v.reduce((s, a) => s + a, 0) / v.length
  const [mx, my] = [mean(x), mean(y)]
  let [xy, xx, yy] = [0, 0, 0]
  for (let i = 0; i < x.length; i++) {
    xy += (x[i]! - mx) * (y[i]! - my)
    xx += (x[i]! - mx) ** 2
    yy += (y[i]! - my) ** 2
  }
  return xy / Math.sqrt(xx * yy)
}
