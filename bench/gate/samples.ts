import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { type Exposure, exposure } from '@detl/core/gate/exposure'
import { thumbnail } from '@detl/core/gate/likeness'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { readReduced } from '@detl/core/intake/read'
import { cxrGrey } from '@detl/core/preprocess/spec'
import { readCsv } from '@detl/train/data/csv'

export const SIDE = 24
const spec = cxrGrey(128)
/** Of a data set with more images every so-manieth is taken. */
const MOST = 2500

export type Picture = {
  /** Side × side levels. */
  readonly thumb: Float64Array
  readonly exposure: Exposure
  /** What was cut from one picture stays in one fold. */
  readonly group: number
}
export type Chest = Picture & { readonly source: string }

/** Collections that hold images of one hospital are one source. */
const SAME: Record<string, string> = { 'nih-rsna': 'nih' }

/** X-rays of folders with a manifest.csv. */
export async function readChests(folders: readonly string[]): Promise<Chest[]> {
  const out: Chest[] = []
  for (const folder of folders) {
    const rows = readCsv(join(folder, 'manifest.csv'))
    for (const dataset of new Set(rows.map((row) => row.dataset!))) {
      const of = rows.filter((row) => row.dataset === dataset)
      const every = Math.ceil(of.length / MOST)
      for (const row of of.filter((_, i) => i % every === 0)) {
        out.push({ ...(await read(join(folder, row.file!), out.length)), source: SAME[dataset] ?? dataset })
      }
    }
  }
  return out
}

/** Pictures of a folder, named KIND-NUMBER[-PART].png: parts of one number belong together. */
export async function readOthers(folder: string): Promise<Picture[]> {
  const out: Picture[] = []
  for (const name of readdirSync(folder).sort()) {
    const group = Number(/-(\d+)(-\w+)?\.png$/.exec(name)?.[1] ?? out.length)
    out.push(await read(join(folder, name), group))
  }
  return out
}

async function read(path: string, group: number): Promise<Picture> {
  const { working, source } = await readReduced(readFileSync(path), spec, { limits: DEFAULT_LIMITS, codecs })
  return { thumb: thumbnail(working, SIDE, spec), exposure: exposure(working, spec, source.bits), group }
}
