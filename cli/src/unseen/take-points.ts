import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '@detl/core/api/problem'
import { type Manifest, type OperatingPoint, parseManifest } from '@detl/core/model/manifest'
import { readCsv } from '@detl/train/data/csv'
import { ratesAt } from '@detl/train/evaluate/operating-points'
import * as z from 'zod'

/** What is read of the output of `detl train unseen-points`. */
const pointsSchema = z.object({
  focus: z.string(),
  points: z.object({
    screening: z.object({
      threshold: z.number().min(0).max(1),
      fittedOn: z.array(z.string().min(1)).min(2),
    }),
  }),
})

/**
 * The manifest with another threshold for `screening`, of the class in focus: that which was fitted on sources left out. Its rates on held-out images are counted anew in the
 * model's own report; what the old one was worth elsewhere falls away. `balanced` stays: it promises no rate that could be kept or missed.
 * @param model folder of the model, with report/predictions.csv
 * @param points file with what `detl train unseen-points` printed
 * @throws AppError request-invalid where the file is none, the model has no such threshold, or no report
 * @example takePoints('models/mine', manifest, 'points.json').operatingPoints?.covid19?.screening.fittedOn
 */
export function takePoints(model: string, manifest: Manifest, points: string): Manifest {
  const found = pointsSchema.safeParse(jsonOf(points))
  if (!found.success)
    throw new AppError(
      'request-invalid',
      `${points} is not what \`detl train unseen-points\` prints: ${z.prettifyError(found.error)}`,
    )
  const { focus, points: fitted } = found.data
  const known = manifest.operatingPoints?.[focus]
  if (!known) throw new AppError('request-invalid', `${manifest.name} has no thresholds for "${focus}"`)
  const screening = { ...heldOutAt(model, focus, fitted.screening.threshold), ...fitted.screening }
  return parseManifest({
    ...manifest,
    operatingPoints: { ...manifest.operatingPoints, [focus]: { ...known, screening } },
  })
}

function jsonOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new AppError('request-invalid', `${path}: ${(error as Error).message}`)
  }
}

/** Rates on the images that the model's fold held out, from what the report says of each. */
function heldOutAt(model: string, label: string, threshold: number): OperatingPoint {
  const path = join(model, 'report/predictions.csv')
  if (!existsSync(path))
    throw new AppError(
      'request-invalid',
      `${path} is not there: without it nobody knows what a threshold is worth on held-out images`,
    )
  const rows = readCsv(path).filter(({ part }) => part === 'test')
  const scores = {
    scores: rows.map((row) => Number(row[`p_${label}`])),
    positive: rows.map(({ truth }) => truth?.split('|').includes(label) ?? false),
    groups: rows.map(({ group = '' }) => group),
  }
  return { threshold, ...ratesAt(scores, threshold) }
}
