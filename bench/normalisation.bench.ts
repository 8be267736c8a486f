/**
 * How little a frame, a marker, a gamma or another exposure moves what the network gets, and what it says: real chest X-rays of the shared
 * folder, each beside its changed copy. Without that folder there are no figures.
 */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { decodeImage } from '@detl/core/image/decode'
import type { GrayImage } from '@detl/core/image/gray-image'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { parseManifest } from '@detl/core/model/manifest'
import { openSession } from '../gpu-function/src/session.ts'
import { preprocessImage } from '../test/support/preprocess-image.ts'
import { sharedDir } from '../test/support/shared.ts'
import type { Figure, Missing } from './run.ts'

const IMAGES = 100
const MODEL = resolve(import.meta.dirname, '../models/detl-128')

/** Margin of a frame, and side of a marker, as shares of the shorter side. */
const FRAME = 0.08
const MARKER = 0.07

const CHANGES: Readonly<Record<string, (image: GrayImage) => GrayImage>> = {
  'black frame': (image) => framed(image, 0),
  'white frame': (image) => framed(image, 1),
  marker: (image) => {
    const side = Math.round(MARKER * Math.min(image.width, image.height))
    const inside = (p: number) => p >= side / 2 && p < side * 1.5
    return mapped(image, (v, x, y) => (inside(x) && inside(y) ? 1 : v))
  },
  'gamma 0.7': (image) => mapped(image, (v) => v ** 0.7),
  'gamma 1.4': (image) => mapped(image, (v) => v ** 1.4),
  'flatter exposure': (image) => mapped(image, (v) => 0.1 + 0.7 * v),
}

export default async function normalisation(): Promise<Record<string, Figure | Missing>> {
  const folder = resolve(sharedDir(), 'cxr/images')
  if (!existsSync(folder)) return { normalisation: { missing: `no X-rays at ${folder}` } }
  const all = globSync('**/*.{jpg,png}', { cwd: folder }).sort()
  const files = all.filter((_, i) => i % Math.ceil(all.length / IMAGES) === 0)
  const manifest = parseManifest(JSON.parse(readFileSync(resolve(MODEL, 'manifest.json'), 'utf8')))
  const model = new Uint8Array(readFileSync(resolve(MODEL, 'model.onnx')))
  const session = await openSession(model.buffer, { providers: ['cpu'], threads: 2, maxRows: 1 })
  const see = async (image: GrayImage) => {
    const { tensor } = preprocessImage(image, manifest.preprocess)
    const { outputs } = await session.run({ inputs: [tensor], rows: 1, outputs: ['probabilities'] })
    const { data } = outputs[0]!
    return { tensor, scores: new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4) }
  }
  try {
    const levels: Record<string, number[]> = {}
    const shifts: Record<string, number[]> = {}
    for (const file of files) {
      const bytes = readFileSync(resolve(folder, file))
      const { image } = await decodeImage(bytes, { limits: DEFAULT_LIMITS, codecs })
      const plain = await see(image)
      for (const [change, apply] of Object.entries(CHANGES)) {
        const other = await see(apply(image))
        const moved = plain.tensor.reduce((sum, value, i) => sum + Math.abs(value - other.tensor[i]!), 0)
        levels[change] = [...(levels[change] ?? []), moved / plain.tensor.length]
        const shift = plain.scores.reduce((most, p, i) => Math.max(most, Math.abs(p - other.scores[i]!)), 0)
        shifts[change] = [...(shifts[change] ?? []), shift]
      }
    }
    return Object.fromEntries(
      Object.keys(CHANGES).flatMap((change) => {
        const name = change.replaceAll(' ', '_')
        const against = `the same ${files.length} X-rays as they are`
        return [
          [
            `normalisation.${name}.tensor`,
            figure(levels[change]!, 'of 255', `${against}, mean change of a tensor`),
          ],
          [
            `normalisation.${name}.scores`,
            figure(shifts[change]!, 'p', `${against}, largest change of a probability`),
          ],
        ]
      }),
    )
  } finally {
    await session.close()
  }
}

/** Median over the images. */
function figure(values: number[], unit: string, against: string): Figure {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!
  return { value: at(0.5), unit, runs: values.length, spread: at(0.75) - at(0.25), against }
}

/** Each pixel's level, as a share of the range, by a function of level, column and row. */
function mapped(image: GrayImage, level: (share: number, x: number, y: number) => number): GrayImage {
  const top = 2 ** image.bits - 1
  const data = image.data.map((value, i) =>
    Math.round(top * level(value / top, i % image.width, Math.floor(i / image.width))),
  )
  return { ...image, data }
}

function framed(image: GrayImage, level: number): GrayImage {
  const margin = Math.round(FRAME * Math.min(image.width, image.height))
  const [width, height] = [image.width + 2 * margin, image.height + 2 * margin]
  const data = new Uint16Array(width * height).fill(level * (2 ** image.bits - 1))
  for (let y = 0; y < image.height; y++) {
    const row = image.data.subarray(y * image.width, (y + 1) * image.width)
    data.set(row, (y + margin) * width + margin)
  }
  return { width, height, bits: image.bits, data }
}
