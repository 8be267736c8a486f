import type { ClassList } from '@detl/core/model/class-list'
import type { InputKind } from '../config.ts'
import { loadPixels, type PixelCache } from './cache.ts'
import { checkLeaks } from './leaks.ts'
import { inputSpec } from './model-input.ts'
import { dataDigest, type ImageRecord } from './record.ts'
import { splitOf } from './split.ts'
import type { Protocol, Split } from './split-file.ts'
import { LabelledRecords } from './truth.ts'

export type DatasetOptions = {
  /** What `readDataSet` found. */
  records: ImageRecord[]
  list: ClassList
  /** Folder for preprocessed pixels. */
  cache: string
  /** S */
  size: number
  input: InputKind
  protocol: Protocol
  seed: number
  /** The run begins with pretraining. */
  needsDataA?: boolean | undefined
  /** Taken as it is, instead of a new one: that of a run which is continued or evaluated. */
  split?: Split
  onImages?: (done: number, total: number) => void
}

export type Dataset = {
  records: ImageRecord[]
  byFile: LabelledRecords
  pixels: PixelCache
  split: Split
  digest: string
}

/** Split (checked for leaks) and pixels of a data set. */
export async function openDataset(options: DatasetOptions): Promise<Dataset> {
  const { records, list } = options
  const split = options.split ?? splitOf(options.protocol, records, options.seed, list)
  if (options.needsDataA && split.pretrain.train.length === 0)
    throw new Error(
      'the data have no Data-A (a column class_a: normal or disease), so there is nothing to pretrain on: add --from-scratch',
    )
  checkLeaks(split, records)
  const pixels = await loadPixels(
    records,
    inputSpec(options.input, options.size),
    options.cache,
    options.onImages,
  )
  return {
    records,
    byFile: new LabelledRecords(records, list),
    pixels,
    split,
    digest: dataDigest(records),
  }
}
