import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadPixels } from '../data/cache.ts'
import { readDataSet } from '../data/data-set.ts'
import { inputSpec } from '../data/model-input.ts'
import type { LungImage } from './lung-image.ts'
import { LUNG_SIZE } from './net.ts'

const CELLS = LUNG_SIZE / 2

/**
 * The images of a data folder that nobody outlined, with what `teach-opacity` says of them.
 * @param dir what it wrote @param part `fold-0` … `fold-4`, or `all`: whose patients the teacher had not seen
 * @param known images that are not wanted again
 */
export async function softImages(
  { data, cache, dir, part }: { data: string; cache: string; dir: string; part: string },
  known: readonly LungImage[],
): Promise<LungImage[]> {
  const { files } = JSON.parse(readFileSync(join(dir, 'soft.json'), 'utf8')) as { files: string[] }
  const lungs = new Uint8Array(readFileSync(join(dir, `lungs-${part}.u8`)))
  const opacity = new Uint8Array(readFileSync(join(dir, `opacity-${part}.u8`)))
  const records = new Map(readDataSet(data).records.map((r) => [r.file, r]))
  const all = files.map((file) => records.get(file)!)
  const pixels = await loadPixels(all, inputSpec('harmonised', LUNG_SIZE), cache)
  const seen = new Set(known.map(({ record }) => record.file))
  const cells = CELLS * CELLS
  return all.flatMap((record, i): LungImage[] => {
    if (seen.has(record.file) || record.dataset === 'figure1') return []
    const plane = (of: Uint8Array, at: number) => of.subarray(at * cells, (at + 1) * cells)
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
