import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '@detl/core/api/problem'
import { type CamGrid, resizeMap } from '@detl/core/cam/resize-map'
import type { PreprocessSpec } from '@detl/core/preprocess/spec'
import { loadPixels, type PixelCache } from '../data/cache.ts'
import { readDataSet } from '../data/data-set.ts'
import { inputSpec } from '../data/model-input.ts'
import { writeJson } from '../files.ts'
import type { LungImage } from './lung-image.ts'
import { FOLDS, lungFolds, openLungSet } from './lung-set.ts'
import { LUNG_SIZE } from './net.ts'
import { unseenPart } from './part-file.ts'
import { halved } from './planes.ts'
import { foldsDigest, type SoftFile } from './soft-set.ts'
import { LeastSquares } from './teacher.ts'
import { lungsBy } from './teacher-lungs.ts'

const CELLS = LUNG_SIZE / 2

/** A screening model's layer, as something to see with: features [K,h,w] of its own tensor. */
export type Eyes = {
  readonly spec: PreprocessSpec
  readonly width: number
  readonly height: number
  readonly grid: CamGrid
  readonly features: (tensor: Uint8Array) => Promise<Float32Array>
}
export type TeachOptions = {
  readonly data: string
  readonly cache: string
  /** Folder of a first run of `train lungs --all`: the network of a part says where the lungs are to whoever may see no more than it saw. */
  readonly lungs: string
  readonly out: string
  readonly seed: number
  readonly onImage?: (done: number, total: number) => void
}

/** A share of a feature's own sum of squares. */
const PENALTY = 0.01
/** How much a cell of a normal film counts, beside one of a film with outlined lesions. */
const CLEAR_WEIGHT = 0.3
/** A cell counts where at least so much of it is lung. */
const LUNG_SHARE = 0.2

/**
 * What a screening model's features say of opacity, on every image of a data folder: a linear fit to the few outlined lesions, cell by cell. Far more images than were ever
 * outlined can then teach the small network. One fit a fold leaves out that fold's patients, and `all` leaves out none.
 * Writes `soft.json`, and of each part `lungs-PART.u8` [N,2,64,64] and `opacity-PART.u8` [N,64,64], bytes of 0 … 255.
 */
export async function teachOpacity(eyes: Eyes, options: TeachOptions): Promise<void> {
  const drawn = await openLungSet(options.data, options.cache, options.seed)
  const folds = lungFolds(drawn, options.seed)
  const records = readDataSet(options.data).records.filter((r) => r.leftOut === undefined && !r.trainingOnly)
  const own = await loadPixels(records, eyes.spec, options.cache)
  const small = await loadPixels(records, inputSpec('harmonised', LUNG_SIZE), options.cache)
  const parts = [...Array.from({ length: FOLDS }, (_, k) => `fold-${k}`), 'all']
  const lungs: ReadonlyMap<string, Uint8Array>[] = []
  for (const [k, part] of parts.entries())
    unseenPart(
      join(options.lungs, part),
      drawn.flatMap(({ record }, i) => (folds[i] === k ? [record.file] : [])),
    )
  for (const part of parts) lungs.push(await lungsBy({ run: options.lungs, part }, records, small))
  const heads = await fitted(eyes, own, drawn, folds, lungs)
  const planes = parts.map(() => new Uint8Array(records.length * CELLS * CELLS))
  for (const i of records.keys()) {
    const seen = await cellsOf(eyes, own, i)
    for (const [p, head] of heads.entries())
      planes[p]!.set(upsampled(eyes, small.geometry[i]!.placed, seen, head), i * CELLS * CELLS)
    options.onImage?.(i + 1, records.length)
  }
  mkdirSync(options.out, { recursive: true })
  rmSync(join(options.out, 'soft.json'), { force: true }) // it comes last: without it the folder is not whole
  for (const [p, name] of parts.entries()) writeFileSync(join(options.out, `opacity-${name}.u8`), planes[p]!)
  for (const [p, name] of parts.entries())
    writeFileSync(
      join(options.out, `lungs-${name}.u8`),
      Buffer.concat(records.map(({ file }) => lungs[p]!.get(file)!)),
    )
  const soft: SoftFile = { files: records.map(({ file }) => file), folds: foldsDigest(drawn, folds) }
  writeJson(join(options.out, 'soft.json'), soft)
}

/** The features of each cell, [h·w][K]. */
async function cellsOf(
  { spec, width, height, features }: Eyes,
  pixels: PixelCache,
  i: number,
): Promise<Float32Array[]> {
  const cells = width * height
  const all = await features(pixels.pixels.slice(i * spec.size ** 2, (i + 1) * spec.size ** 2))
  const channels = all.length / cells
  return Array.from({ length: cells }, (_, cell) =>
    Float32Array.from({ length: channels }, (_, k) => all[k * cells + cell]!),
  )
}

/** A head for each fold, and one of all. */
async function fitted(
  eyes: Eyes,
  pixels: PixelCache,
  drawn: readonly LungImage[],
  folds: Int32Array,
  lungs: readonly ReadonlyMap<string, Uint8Array>[],
): Promise<Float64Array[]> {
  const at = new Map(pixels.files.map((file, i) => [file, i]))
  let sums: LeastSquares[] | undefined
  for (const [d, image] of drawn.entries()) {
    if (!image.opacity || image.kind === 'boxed') continue
    const seen = await cellsOf(eyes, pixels, at.get(image.record.file)!)
    sums ??= Array.from({ length: FOLDS }, () => new LeastSquares(seen[0]!.length))
    const opacity = halved(image.opacity)
    const found = lungs[folds[d]!]!.get(image.record.file)! // of a network that has not seen it
    const half = CELLS * CELLS
    const lung = image.lungs
      ? sum(halved(image.lungs.left), halved(image.lungs.right))
      : Float32Array.from({ length: half }, (_, i) => Math.min(1, (found[i]! + found[half + i]!) / 255))
    for (const [cell, x] of seen.entries()) {
      const { share, opaque } = aroundCell(eyes, cell, lung, opacity)
      if (share < LUNG_SHARE) continue
      sums[folds[d]!]!.add(x, opaque, share * (image.kind === 'clear' ? CLEAR_WEIGHT : 1))
    }
  }
  if (!sums || !drawn.some(({ kind, opacity }) => kind === 'outlined' && opacity))
    throw new AppError(
      'request-invalid',
      'no image has an outlined lesion (masks.csv): there is nothing to learn from',
    )
  const whole = (without: number | undefined) =>
    sums.filter((_, k) => k !== without).reduce((a, b) => a.plus(b))
  return [...sums.map((_, k) => whole(k)), whole(undefined)].map((fit) => fit.solve(PENALTY))
}

const sum = (a: Float32Array, b: Float32Array) => a.map((v, i) => Math.min(1, v + b[i]!))

/** Lung and opacity in the square around a cell's centre, in shares of it and of the lung in it. */
function aroundCell({ spec, width, grid }: Eyes, cell: number, lung: Float32Array, opacity: Float32Array) {
  const scale = CELLS / spec.size
  const centre = (i: number) => (grid.offset + grid.stride * i) * scale
  const reach = (grid.stride * scale) / 2
  const range = (i: number) => [
    Math.max(0, Math.round(centre(i) - reach)),
    Math.min(CELLS, Math.round(centre(i) + reach)),
  ]
  const [x0, x1] = range(cell % width) as [number, number]
  const [y0, y1] = range(Math.floor(cell / width)) as [number, number]
  let inLung = 0
  let inBoth = 0
  for (let y = y0; y < y1; y++)
    for (let x = x0; x < x1; x++) {
      const i = y * CELLS + x
      inLung += lung[i]!
      inBoth += lung[i]! * opacity[i]!
    }
  const cells = (y1 - y0) * (x1 - x0)
  return { share: cells > 0 ? inLung / cells : 0, opaque: inLung > 0 ? inBoth / inLung : 0 }
}

/** What a head says of each cell, on the grid of the small network's planes. */
function upsampled(
  { spec, width, height, grid }: Eyes,
  placed: { x: number; y: number; width: number; height: number },
  seen: readonly Float32Array[],
  head: Float64Array,
): Uint8Array {
  const said = Float32Array.from(seen, (x) => {
    let value = head.at(-1)!
    for (const [k, v] of x.entries()) value += v * head[k]!
    return Math.max(0, Math.min(1, value))
  })
  const scale = spec.size / LUNG_SIZE
  const own = { stride: grid.stride / scale, offset: grid.offset / scale }
  const tensor = { width: LUNG_SIZE, height: LUNG_SIZE }
  const place = { crop: placed, placed }
  const out = resizeMap({ width, height, data: said }, own, place, tensor, { width: CELLS, height: CELLS })
  return Uint8Array.from(out, (v) => Math.round(255 * v))
}
