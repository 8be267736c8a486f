import { join } from 'node:path'
import { cxrGrey } from '@detl/core/preprocess/spec'
import { loadPixels, type PixelCache } from '../data/cache.ts'
import { checkLeaks } from '../data/leaks.ts'
import { dataDigest, type ImageRecord } from '../data/record.ts'
import { readFolder } from '../data/sources/folder.ts'
import { type Split, splitOf } from '../data/split.ts'

export type DatasetOptions = {
  /** Folder with manifest.csv. */
  data: string
  /** Folder for preprocessed pixels. */
  cache: string
  /** S */
  size: number
  protocol: Split['protocol']
  seed: number
  /** Taken as it is, instead of a new one: that of a run which is continued or evaluated. */
  split?: Split
  onImages?: (done: number, total: number) => void
}

export type Dataset = {
  records: ImageRecord[]
  byFile: Map<string, ImageRecord>
  pixels: PixelCache
  split: Split
  digest: string
}

/** Manifest, split (checked for leaks) and pixels of a data folder. */
export async function openDataset(options: DatasetOptions): Promise<Dataset> {
  const records = readFolder(options.data)
  const split = options.split ?? splitOf(options.protocol, records, options.seed)
  checkLeaks(split, records)
  const pixels = await loadPixels(records, cxrGrey(options.size), join(options.cache), options.onImages)
  return {
    records,
    byFile: new Map(records.map((r) => [r.file, r])),
    pixels,
    split,
    digest: dataDigest(records),
  }
}
