import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { focusOf } from '@detl/core/model/class-list'
import type { Estimate } from '@detl/core/model/manifest'
import { readDataSet } from '../data/data-set.ts'
import { leftOutSource, readSplit } from '../data/split-file.ts'
import { LabelledRecords } from '../data/truth.ts'
import { foldName } from '../folds.ts'
import { readPredictions } from '../scores/files.ts'
import { type Scored, scored } from '../scores/predictions.ts'
import { delong } from './intervals.ts'
import type { BinaryScores } from './metrics.ts'
import { type GroupedScores, operatingPoints, ratesAt } from './operating-points.ts'
import type { OperatingPoints } from './report.ts'

type Point = keyof OperatingPoints

/** What a run said of the source that it was trained without, and of held-out images without the class in focus. */
type LeftOutScores = {
  readonly source: string
  /** Chosen on validation images of the sources that it knows, as a shipped threshold is. */
  readonly known: OperatingPoints
  readonly scores: GroupedScores
}

/** A threshold for sources that training has not seen, and what it is worth where it was not fitted either. */
export type UnseenPoints = {
  /** The class in focus: the only one that several sources have. */
  readonly focus: string
  readonly points: Record<Point, { threshold: number; fittedOn: string[] }>
  /** For each source: at the thresholds of known sources, and at those that were fitted on what was said of the other left-out sources. */
  readonly sources: {
    source: string
    images: { with: number; without: number }
    /** Of the source's images with the class against its own others and held-out ones without the class. */
    auc: Estimate
    known: OperatingPoints
    others: OperatingPoints
  }[]
}

/**
 * Thresholds by the rules of `operatingPoints`, on what networks say of a source that each was trained without. Held-out images without the class are those of the
 * fold's test part, and of the source itself.
 * @param out folder of the runs OUT/without-SOURCE, each scored by `leave-source-out`
 * @param data as `readDataSet` takes it
 * @throws where fewer than two such runs are scored
 */
export function unseenPoints(out: string, data: string): UnseenPoints {
  const { records: images, list } = readDataSet(data)
  const records = new LabelledRecords(images, list)
  const { id } = focusOf(list)
  const focus = records.ids.indexOf(id)
  const names = readdirSync(out)
    .filter((name) => name.startsWith('without-'))
    .sort()
  const runs = names.flatMap((name) => leftOutScores(join(out, name), records, focus) ?? [])
  if (runs.length < 2)
    throw new Error(
      `${out} has ${runs.length} scored runs without a source; thresholds for sources never seen need two: run \`detl train leave-source-out\``,
    )
  const all = runs.map((r) => r.scores)
  const fitted = operatingPoints(pooled(all), pooled(all))
  const fittedOn = runs.map((r) => r.source)
  const point = (name: Point) => ({ threshold: fitted[name].threshold, fittedOn })
  return {
    focus: id,
    points: { screening: point('screening'), balanced: point('balanced') },
    sources: runs.map(({ source, known, scores }) => {
      const others = runs.filter((r) => r.source !== source).map((r) => r.scores)
      const positives = Array.from(scores.positive).filter(Boolean).length
      return {
        source,
        images: { with: positives, without: scores.positive.length - positives },
        auc: aucOf(scores),
        known: at(scores, known),
        others: at(scores, operatingPoints(pooled(others), pooled(others))),
      }
    }),
  }
}

function leftOutScores(run: string, records: LabelledRecords, focus: number): LeftOutScores | undefined {
  const split = readSplit(run)
  const source = leftOutSource(split.protocol)
  const path = [false, true]
    .map((scratch) => join(run, foldName(0, scratch), 'predictions.json'))
    .find((p) => existsSync(p))
  const predictions = path && readPredictions(path)
  if (source === undefined || !predictions) return undefined
  const has = (s: Scored) => s.truths[focus] === 1
  const test = scored([predictions], 'test', records).filter((s) => !has(s) || s.record.dataset === source)
  const binary = (of: readonly Scored[]): GroupedScores => ({
    scores: of.map((s) => s.probabilities[focus]!),
    positive: of.map(has),
    groups: of.map((s) => s.record.group),
  })
  const validation = binary(scored([predictions], 'validation', records))
  return { source, known: operatingPoints(validation, validation), scores: binary(test) }
}

function aucOf(scores: BinaryScores): Estimate {
  const { value, low, high } = delong(scores)
  return { value, low, high, n: scores.positive.length }
}

/** Each run counts by its images. */
const pooled = (parts: readonly GroupedScores[]): GroupedScores => ({
  scores: parts.flatMap((p) => Array.from(p.scores)),
  positive: parts.flatMap((p) => Array.from(p.positive)),
  groups: parts.flatMap((p) => p.groups ?? []),
})

/** What thresholds give on scores that they were not chosen on. */
function at(scores: GroupedScores, chosen: OperatingPoints): OperatingPoints {
  const measured = (name: Point): OperatingPoints[Point] => {
    const { threshold } = chosen[name]
    return { threshold, ...ratesAt(scores, threshold) }
  }
  return { screening: measured('screening'), balanced: measured('balanced') }
}
