import { AppError } from '@detl/core/api/problem'
import { loadPixels, type PixelCache } from '../data/cache.ts'
import { readDataSet, readDataSetRegions } from '../data/data-set.ts'
import { inputSpec } from '../data/model-input.ts'
import type { Box, ImageRecord } from '../data/record.ts'
import { placedRegion } from '../data/region-masks.ts'
import { maskOfBoxes, type Regions, readMask, uprightBoxes } from '../data/regions.ts'
import { rngOf } from '../rng.ts'
import type { LungImage } from './lung-image.ts'
import { LUNG_SIZE } from './net.ts'

/** Findings that are opacity of the lung's own air spaces; a box of another finding says nothing here. */
const OPACITIES = new Set(['Infiltration', 'Pneumonia', 'Consolidation', 'Edema'])
/** How many of a source's normal films are shown: enough to say what is not opacity there. */
const CLEAR = 150

/** All images of a data folder of which a region is known, and normal films. @throws AppError request-invalid where no lungs are outlined */
export async function openLungSet(data: string, cache: string, seed: number): Promise<LungImage[]> {
  const regions = readDataSetRegions(data)
  const records = chosen(
    readDataSet(data).records.filter((r) => r.leftOut === undefined && !r.trainingOnly),
    regions,
    seed,
  )
  if (!records.some(({ file }) => regions.lungs.has(file)))
    throw new AppError(
      'request-invalid',
      `no image of ${data} has outlined lungs: masks.csv names them (columns file, kind "lung" or "lesion", mask), by the files of manifest.csv; it names ${regions.lungs.size} that the manifest does not have`,
    )
  const pixels = await loadPixels(records, inputSpec('harmonised', LUNG_SIZE), cache)
  const images: LungImage[] = []
  for (const [i, record] of records.entries()) images.push(await lungImage(record, i, pixels, regions))
  return images
}

function chosen(
  records: readonly ImageRecord[],
  { lungs, lesions, boxes }: Regions,
  seed: number,
): ImageRecord[] {
  const outlined = records.filter((r) => lungs.has(r.file) || lesions.has(r.file))
  const boxed = records.filter((r) => isBoxed(r) && boxes.has(r.file))
  const rng = rngOf(seed, 'clear')
  const clear = records
    .filter((r) => r.classB === 'normal' && r.dataset !== 'figure1' && !lungs.has(r.file))
    .map((r) => ({ r, at: rng() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, CLEAR)
    .map(({ r }) => r)
  return [...outlined, ...boxed, ...clear]
}

const isBoxed = (r: ImageRecord): boolean => r.finding.split('|').every((name) => OPACITIES.has(name))

async function lungImage(
  record: ImageRecord,
  i: number,
  cache: PixelCache,
  { lungs, lesions, lungBoxes, boxes }: Regions,
): Promise<LungImage> {
  const size = cache.size
  const geometry = cache.geometry[i]!
  const image = cache.image[i]!
  const { width, height } = image
  const place = (mask: Uint8Array) => placedRegion({ width, height, mask }, geometry, size)
  const outline = lungs.get(record.file)
  const lesion = lesions.get(record.file)
  const common = {
    record,
    pixels: cache.pixels.subarray(i * size * size, (i + 1) * size * size),
    placed: geometry.placed,
    lungs: outline
      ? split(
          await readMask(outline, image),
          uprightBoxes(lungBoxes.get(record.file) ?? [], image),
          width,
          place,
        )
      : undefined,
  }
  if (lesion) return { ...common, opacity: place(await readMask(lesion, image)), kind: 'outlined' }
  if (record.classB === 'normal') return { ...common, opacity: new Uint8Array(size * size), kind: 'clear' }
  if (outline) return { ...common, opacity: undefined, kind: 'outlined' }
  const within = maskOfBoxes(uprightBoxes(boxes.get(record.file)!, image), image)
  return { ...common, opacity: place(within), kind: 'boxed' }
}

/** One outline of both lungs → each, divided half way between the boxes around them; without two boxes, at the outline's middle column. */
function split(
  mask: Uint8Array,
  boxes: readonly Box[],
  width: number,
  place: (mask: Uint8Array) => Uint8Array,
): NonNullable<LungImage['lungs']> {
  const [a, b] = [...boxes].sort((p, q) => p.x - q.x)
  const middle = a && b ? (a.x + a.width + b.x) / 2 : middleColumn(mask, width)
  const side = (isLeft: boolean) => mask.map((v, at) => (v > 0 && at % width < middle === isLeft ? 1 : 0))
  return { left: place(side(true)), right: place(side(false)) }
}

function middleColumn(mask: Uint8Array, width: number): number {
  let sum = 0
  let count = 0
  for (const [at, v] of mask.entries()) {
    if (v === 0) continue
    sum += (at % width) + 0.5
    count++
  }
  return count > 0 ? sum / count : width / 2
}

export const FOLDS = 5

/** The fold that holds an image out: all of a group together, by what is drawn on it, as evenly as whole groups allow. */
export function lungFolds(images: readonly LungImage[], seed: number): Int32Array {
  const cell = ({ lungs, kind, opacity }: LungImage) =>
    `${kind}/${lungs ? 'lungs' : ''}/${kind === 'outlined' && opacity ? 'lesion' : ''}`
  const groups = new Map<string, number[]>()
  for (const [i, { record }] of images.entries())
    groups.set(record.group, [...(groups.get(record.group) ?? []), i])
  const rng = rngOf(seed, 'lung-folds')
  const ordered = [...groups.keys()]
    .sort()
    .map((group) => ({ members: groups.get(group)!, at: rng() }))
    .sort((a, b) => b.members.length - a.members.length || a.at - b.at)
  const filled = Array.from({ length: FOLDS }, () => new Map<string, number>())
  const folds = new Int32Array(images.length)
  for (const { members } of ordered) {
    const full = filled.map((counts) => members.reduce((n, i) => n + (counts.get(cell(images[i]!)) ?? 0), 0))
    const fold = full.indexOf(Math.min(...full))
    for (const i of members) {
      folds[i] = fold
      const key = cell(images[i]!)
      filled[fold]!.set(key, (filled[fold]!.get(key) ?? 0) + 1)
    }
  }
  return folds
}
