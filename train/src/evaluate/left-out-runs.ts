import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Estimate, Manifest, Unseen } from '@detl/core/model/manifest'
import { readJson } from '../data/text-file.ts'
import type { LeftOutFigures, OperatingPoints, Report } from './report.ts'

/** Figures of the runs OUT/without-SOURCE, as their own reports have them. */
export function leftOutRuns(out: string): LeftOutFigures[] {
  const names = readdirSync(out).filter((name) => name.startsWith('without-'))
  return names.sort().flatMap((name) => {
    const path = ['report', 'report-scratch']
      .map((dir) => join(out, name, dir, 'report.json'))
      .find((file) => existsSync(file))
    return path ? readJson<Report>(path).leftOut : []
  })
}

/** Operating points, and what points that were chosen in the same way gave in sources that the same recipe was trained without. */
export function withLeftOut(
  points: Report['operatingPoints'],
  leftOut: readonly LeftOutFigures[],
): Manifest['operatingPoints'] {
  const unseenAt = (label: string, point: 'atScreening' | 'atYouden') => {
    const of = leftOut.filter((figures) => figures.focus === label)
    return of.length > 0 && { unseen: of.map((figures) => unseenOf(figures.source, figures[point])) }
  }
  const known = Object.entries(points) as [string, OperatingPoints][]
  return Object.fromEntries(
    known.map(([label, { screening, balanced }]) => [
      label,
      {
        screening: { ...screening, ...unseenAt(label, 'atScreening') },
        balanced: { ...balanced, ...unseenAt(label, 'atYouden') },
      },
    ]),
  )
}

const unseenOf = (
  source: string,
  { sensitivity, specificity }: { sensitivity: Estimate; specificity: Estimate },
): Unseen => ({ source, sensitivity, ...(specificity.n > 0 && { specificity }) })
