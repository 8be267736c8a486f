/**
 * `node bench/int8/accuracy.ts MODEL DATA`: what the 8-bit integers of MODEL/model.int8.onnx cost in accuracy. The model's folder names
 * its held-out images (report/predictions.csv, fold 0); DATA has them. Balanced accuracy of both files by the most probable class, sensitivity and
 * specificity at the manifest's thresholds, their differences with paired bootstrap intervals, and how the label's maps correlate.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { uniform } from '@detl/core/base/random'
import { parseManifest } from '@detl/core/model/manifest'
import { MODEL_FILES } from '@detl/core/model/model-file'
import ort from 'onnxruntime-node'
import { heldOut, tensorOf } from './training-images.ts'

const RESAMPLES = 2000
type Scored = { label: number; map: Float32Array }

const [folder, data] = process.argv.slice(2)
if (!folder || !data || !existsSync(join(folder, MODEL_FILES.int8))) {
  console.error(
    `usage: node bench/int8/accuracy.ts MODEL DATA; MODEL has a ${MODEL_FILES.int8}, DATA the report's images`,
  )
  process.exit(2)
}
const manifest = parseManifest(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')))
const { labels: LABELS, operatingPoints } = manifest
const sessions = await Promise.all(
  [MODEL_FILES.fp32, MODEL_FILES.int8].map((file) =>
    ort.InferenceSession.create(new Uint8Array(readFileSync(join(folder!, file))), {
      intraOpNumThreads: 1,
      logSeverityLevel: 3,
    }),
  ),
)
const truth: number[] = []
/** [image][0: fp32, 1: int8][class] */
const probabilities: [number[], number[]][] = []
const labels: [number, number][] = []
const correlations: number[] = []
for (const { file, truth: name } of heldOut(folder)) {
  const tensor = await tensorOf(join(data, file!), manifest)
  const [a, b] = (await Promise.all(sessions.map((session) => score(session, tensor)))) as [
    Scored[],
    Scored[],
  ]
  truth.push(LABELS.indexOf(name!))
  labels.push([best(a), best(b)])
  probabilities.push([a.map(({ label }) => label), b.map(({ label }) => label)])
  correlations.push(pearson(a[best(a)]!.map, b[best(a)]!.map))
}
report()

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

/** The share that is on the right side of a class's threshold: of the images that are of the class, or of the others. */
function rightSide(which: 0 | 1, of: readonly number[], c: number, threshold: number, ofClass: boolean) {
  const those = of.filter((i) => (truth[i] === c) === ofClass)
  const right = those.filter((i) => probabilities[i]![which]![c]! >= threshold === ofClass)
  return right.length / Math.max(1, those.length)
}

/** The difference of int8 from fp32, in points, with its paired bootstrap interval. */
function difference(measure: (which: 0 | 1, of: readonly number[]) => number) {
  const everyone = truth.map((_, i) => i)
  const rng = uniform(1)
  const apart = (of: readonly number[]) => (measure(1, of) - measure(0, of)) * 100
  const drawn = Array.from({ length: RESAMPLES }, () =>
    apart(everyone.map(() => Math.floor(rng() * truth.length))),
  ).sort((a, b) => a - b)
  const at = (share: number) => drawn[Math.floor(share * (RESAMPLES - 1))]!
  return {
    fp32: measure(0, everyone) * 100,
    int8: measure(1, everyone) * 100,
    difference: apart(everyone),
    low: at(0.025),
    high: at(0.975),
  }
}

function report(): void {
  const accuracy = difference(balanced)
  const thresholds = Object.entries(operatingPoints ?? {}).flatMap(([label, points]) =>
    Object.entries(points).map(([point, { threshold }]) => {
      const c = LABELS.indexOf(label)
      const crossed = probabilities.filter(([a, b]) => a[c]! >= threshold !== b[c]! >= threshold).length
      return {
        ...{ label, point, crossed },
        sensitivity: difference((which, of) => rightSide(which, of, c, threshold, true)),
        specificity: difference((which, of) => rightSide(which, of, c, threshold, false)),
      }
    }),
  )
  const sorted = correlations.filter((r) => !Number.isNaN(r)).sort((a, b) => a - b)
  const maps = {
    mean: sorted.reduce((sum, r) => sum + r, 0) / sorted.length,
    low: sorted[Math.floor(sorted.length / 20)]!,
  }
  const same = labels.filter(([a, b]) => a === b).length
  const { name, version, int8 } = manifest
  const images = truth.length
  const said = ({ fp32, int8: q, difference: d, low, high }: ReturnType<typeof difference>) =>
    `${fp32.toFixed(2)} → ${q.toFixed(2)} % (${d.toFixed(2)} points, ${low.toFixed(2)} to ${high.toFixed(2)})`
  console.log(`${name} ${version}: ${int8?.method} ranges of ${int8?.images} training images`)
  console.log(`held-out images: ${images}; the same label for ${same}`)
  console.log(`balanced accuracy, fp32 → int8 (difference, paired bootstrap, 95 %): ${said(accuracy)}`)
  for (const { label, point, crossed, sensitivity, specificity } of thresholds)
    console.log(
      `${label}, ${point}: sensitivity ${said(sensitivity)}; specificity ${said(specificity)}; ${crossed} images change sides`,
    )
  console.log(
    `map of the label: correlation ${maps.mean.toFixed(4)} in the mean, ${maps.low.toFixed(4)} at the 5th percentile`,
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
