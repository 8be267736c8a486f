import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Box } from '../data/record.ts'
import { readJson } from '../data/text-file.ts'

/**
 * What scoring leaves in a run's folder and evaluation reads: predictions.json of each trained network, cams.json and
 * outliers.json of each fold, shortcuts.json and gallery.json of the run.
 */

/** What a fold's model said of images that it had not seen. Written once, read by every figure of the report. */
export type FoldPredictions = {
  fold: number
  /** Fitted on the fold's validation part. */
  temperature: number
  validation: Scores
  test: Scores
  external: Scores
  /** Test images whose lungs are blanked, to the same network. */
  blanked: Scores
}

/** [N,C], one row a file */
export type Scores = { files: string[]; logits: number[][] }

export const PARTS = ['validation', 'test', 'external', 'blanked'] as const
export type Part = (typeof PARTS)[number]

export const readPredictions = (path: string): FoldPredictions | undefined => readIfThere(path)

const readIfThere = <T>(path: string): T | undefined => (existsSync(path) ? readJson<T>(path) : undefined)

/** A file that scoring writes. @throws where there is none, saying which command makes it */
export function readScores<T>(path: string): T {
  const found = readIfThere<T>(path)
  if (found === undefined) throw new Error(`${path} is not there: run \`detl train evaluate\` first`)
  return found
}

/** Where the scores of a run lie. Folds and members are named as in `folds.ts`. */
export const SCORE_FILES = {
  predictions: (out: string, member: string): string => join(out, member, 'predictions.json'),
  /** Of the mean map of all members; it lies in the folder of the first. */
  cams: (out: string, members: readonly string[]): string =>
    join(out, members[0]!, members.length > 1 ? `cams-mean-of-${members.length}.json` : 'cams.json'),
  /** Of the first member. */
  outliers: (out: string, member: string): string => join(out, member, 'outliers.json'),
  shortcuts: (out: string, folds: readonly number[]): string =>
    join(out, `shortcuts-${folds.join('-')}.json`),
  /** Shows images of the data set: it stays in the run's folder. */
  gallery: (out: string, folds: readonly number[], fromScratch: boolean): string =>
    join(out, `gallery-${fromScratch ? 'scratch-' : ''}${folds.join('-')}.json`),
} as const

/** Of the map of an image's true class, with what a uniform map and the centre would score. */
export type CamScore = {
  file: string
  label: string
  /** Raw maximum of the map. */
  max: number
  boxes?: { hit: boolean; centre: boolean; random: number; iou: number }
  lesion?: { hit: boolean; centre: boolean; energy: number; uniform: number; iou: number }
  lungs?: { energy: number; uniform: number }
}

/** Distances as multiples of the fold's threshold, which makes folds comparable: above 1 is refused. */
export type OutlierScores = {
  /** The kinds of real outliers that were given: with others, these scores are made again. */
  sets: string[]
  inside: number[]
  kinds: { kind: string; made: boolean; ids: string[]; scores: number[] }[]
  absent: { kind: string; reason: string }[]
}

/** What a shortcut sees of an image, and nothing of the lungs. */
export const SHORTCUTS = ['metadata', 'border', 'lungs-blanked', 'thumbnail-16'] as const
export type Shortcut = (typeof SHORTCUTS)[number]

export const SHORTCUT_TITLES: Readonly<Record<Shortcut, string>> = {
  metadata: 'file metadata only: width, height, ratio, bytes a pixel, colour',
  border: 'border only: the outer 2 px of a 32 × 32 thumbnail of the tensor',
  'lungs-blanked': 'lungs blanked: 32 × 32 thumbnail of the tensor without its central part',
  'thumbnail-16': '16 × 16 thumbnail of the tensor',
}

/** Scores of a shortcut on the test images of all folds. */
export type ShortcutScores = { kind: Shortcut; files: string[]; probabilities: number[][] }

/** One image of the gallery as data URIs; `xray` and `overlay` show the image and go into no shipped file. */
export type GalleryCase = {
  /** First eight digits of the file's sha256, which predictions.csv has too. */
  id: string
  dataset: string
  fold: number
  /** Classes; of a multi-label image several, `a|b`, or `none`. */
  truth: string
  predicted: string
  probabilities: number[]
  /** What the network was given, and that with the map over it. */
  xray: string
  /** `share` is the map's maximum beside that of the hottest class; each map is drawn to its own maximum. */
  views: { label: string; share: number; map: string; overlay: string }[]
  /** Radiologists' boxes, in shares of the tensor's side. */
  boxes: Box[]
}
