import { createHash } from 'node:crypto'
import type { Reading } from '@detl/core/gate/reading'

/** One image of a dataset, as its source describes it. Nothing here has touched a pixel. */
export type ImageRecord = {
  /** Path as the source gives it; unique within a dataset folder. */
  file: string
  /** Where the bytes are. */
  path: string
  dataset: string
  /** Undefined where the source does not tell. */
  patient: string | undefined
  /** Images of one patient, one case page, or near-duplicates: never in two splits. */
  group: string
  view: 'PA' | 'AP' | 'lateral' | 'unknown'
  /** The source's own label. */
  finding: string
  /** Data-A: normal or disease; absent = not usable there. */
  classA: 'normal' | 'disease' | undefined
  /** Data-B: a class of the list, of a multi-label one several (`a|b`) or `none`; absent = not usable there. */
  classB: string | undefined
  age: number | undefined
  sex: 'F' | 'M' | undefined
  /** Of the file here, where its table says so; and of the original, where the file is a reduced copy. */
  width: number | undefined
  height: number | undefined
  sourceWidth: number | undefined
  sourceHeight: number | undefined
  /** Of the file's bytes. */
  sha256: string
  licence: string
  /** The source's own mark of how well an image is known: `A`, `B` …; a data set may ask for some of them. */
  tier?: string | undefined
  /** Trained on, but never validated or tested on: its patient or its label is not known well enough for that. */
  trainingOnly?: boolean | undefined
  /** Why no part of training or testing sees it. */
  leftOut?: string | undefined
  /** A second reading contradicts its label: it may be tested, but neither trains nor validates. */
  contested?: boolean | undefined
}

/** An image as it was preprocessed: its upright size in pixels, at full resolution, and how it lay in its file. */
export type UprightImage = { width: number; height: number; lay: Reading }

/** A rectangle around a finding or a lung, in pixels of the image file. */
export type Box = { x: number; y: number; width: number; height: number }

/** sha256 over the sorted digests of the images: names a set of images, whatever their order. */
export function dataDigest(records: readonly { sha256: string }[]): string {
  const digests = [...new Set(records.map((r) => r.sha256))].sort()
  return createHash('sha256').update(digests.join('\n')).digest('hex')
}

/** sha256 over the classes of the images, whatever their order. */
export function labelsDigest(records: readonly ImageRecord[]): string {
  const lines = records.map((r) =>
    [r.sha256, r.classA ?? '', r.classB ?? '', r.leftOut ? 'out' : r.contested ? 'contested' : ''].join(' '),
  )
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex')
}

export const ageBand = (age: number | undefined): string =>
  age === undefined ? 'unknown' : age < 18 ? '0–17' : age < 40 ? '18–39' : age < 65 ? '40–64' : '65+'
