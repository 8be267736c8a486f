import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '@detl/core/api/problem'
import * as z from 'zod'
import { loadPixels } from '../data/cache.ts'
import { readDataSet } from '../data/data-set.ts'
import { inputSpec } from '../data/model-input.ts'
import type { LungImage } from './lung-image.ts'
import { LUNG_SIZE } from './net.ts'

const CELLS = LUNG_SIZE / 2
const CELLS_OF_PLANE = CELLS * CELLS

const softSchema = z.strictObject({
  files: z.array(z.string()).min(1),
  /** Which images each fold held out, as a digest: of other folds a teacher may have seen what is held out now. */
  folds: z.string(),
})
/** soft.json of `teach-opacity`. */
export type SoftFile = z.infer<typeof softSchema>

/** @param folds of each of the images */
export const foldsDigest = (images: readonly LungImage[], folds: Int32Array): string =>
  createHash('sha256')
    .update(JSON.stringify(images.map(({ record }, i) => [record.file, folds[i]]).sort()))
    .digest('hex')

const fault = (dir: string, what: string) =>
  new AppError('request-invalid', `--soft ${dir}: ${what}; write it with \`detl teach-opacity\``)

function readSoft(dir: string): SoftFile {
  const path = join(dir, 'soft.json')
  if (!existsSync(path)) throw fault(dir, 'there is no soft.json')
  try {
    return softSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    throw fault(dir, 'soft.json is not what this version writes')
  }
}

function planesIn(dir: string, name: string, length: number): Uint8Array {
  const path = join(dir, name)
  if (!existsSync(path)) throw fault(dir, `there is no ${name}`)
  const bytes = new Uint8Array(readFileSync(path))
  if (bytes.length !== length)
    throw fault(dir, `${name} has ${bytes.length} bytes, and ${length} are expected`)
  return bytes
}

/**
 * The images of a data folder that nobody outlined, with what `teach-opacity` says of them.
 * @param dir what it wrote @param part `fold-0` … `fold-4`, or `all`: whose patients the teacher had not seen
 * @param known images that are not wanted again @param folds of those
 * @throws AppError request-invalid where the folder is not whole, or of other data or folds
 */
export async function softImages(
  {
    data,
    cache,
    dir,
    part,
    folds,
  }: { data: string; cache: string; dir: string; part: string; folds: Int32Array },
  known: readonly LungImage[],
): Promise<LungImage[]> {
  const soft = readSoft(dir)
  if (soft.folds !== foldsDigest(known, folds))
    throw fault(
      dir,
      'it was made with other folds (another --seed, or other data), so a teacher may have seen what is held out now',
    )
  const lungs = planesIn(dir, `lungs-${part}.u8`, 2 * soft.files.length * CELLS_OF_PLANE)
  const opacity = planesIn(dir, `opacity-${part}.u8`, soft.files.length * CELLS_OF_PLANE)
  const records = new Map(readDataSet(data).records.map((r) => [r.file, r]))
  const all = soft.files.map((file) => {
    const record = records.get(file)
    if (!record) throw fault(dir, `soft.json names ${file}, which the data do not have`)
    return record
  })
  const pixels = await loadPixels(all, inputSpec('harmonised', LUNG_SIZE), cache)
  const seen = new Set(known.map(({ record }) => record.file))
  return all.flatMap((record, i): LungImage[] => {
    if (seen.has(record.file) || record.dataset === 'figure1') return []
    const plane = (of: Uint8Array, at: number) => of.subarray(at * CELLS_OF_PLANE, (at + 1) * CELLS_OF_PLANE)
    return [
      {
        record,
        pixels: pixels.pixels.subarray(i * LUNG_SIZE ** 2, (i + 1) * LUNG_SIZE ** 2),
        placed: pixels.geometry[i]!.placed,
        lungs: { left: plane(lungs, 2 * i), right: plane(lungs, 2 * i + 1) },
        opacity: plane(opacity, i),
        kind: 'soft',
      },
    ]
  })
}
