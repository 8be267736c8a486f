import { LABELS } from '@detl/core/model/labels'
import { cxrGrey } from '@detl/core/preprocess/spec'
import { groupedSplit } from '@detl/train/data/split'
import { type FoldPredictions, scored } from '@detl/train/evaluate/predictions'
import { buildReport } from '@detl/train/evaluate/report'
import { renderReport } from '@detl/train/evaluate/report-html'
import { gaussian, rngOf } from '@detl/train/rng'
import type { Run } from '@detl/train/run'
import { describe, expect, it } from 'vitest'
import { defaults } from '../../../train/configs/default.ts'
import { madeUpRecords } from '../data/records.ts'

const records = madeUpRecords(3)
const byFile = new Map(records.map((r) => [r.file, r]))
const split = groupedSplit(records, 3)
const rng = rngOf('report')
/** Scores that know the class with some noise. */
const say = (files: readonly string[], skill: number) => ({
  files: [...files],
  logits: files.map((f) =>
    LABELS.map((label) => skill * (byFile.get(f)!.classB === label ? 1 : 0) + gaussian(rng)),
  ),
})
const folds: FoldPredictions[] = split.folds.map((f, fold) => ({
  fold,
  temperature: 1,
  validation: say(f.validation, 3),
  test: say(f.test, 3),
  external: say(split.external, 3),
  blanked: say(f.test, 0),
}))
const run: Run = {
  config: defaults,
  preprocess: cxrGrey(128),
  dataDigest: '0'.repeat(64),
  split: { protocol: 'grouped', seed: 3, digest: split.digest },
  code: 'test',
  backend: { name: 'cpu', device: 'test', detail: '<script>' },
  node: 'v22',
  startedAt: '2026-01-01T00:00:00Z',
}
const shortcut = (skill: number) => {
  const { files, logits } = say(
    split.folds.flatMap((f) => f.test),
    skill,
  )
  return {
    kind: 'metadata' as const,
    files,
    truth: files.map((f) => LABELS.indexOf(byFile.get(f)!.classB!)),
    probabilities: logits.map((z) => z.map((v) => Math.exp(v) / z.reduce((s, q) => s + Math.exp(q), 0))),
  }
}
const cams = [
  {
    file: 'a',
    label: 'pneumonia',
    max: 1,
    boxes: { hit: true, centre: false, random: 0.1, iou: 0.3 },
    lungs: { energy: 0.5, uniform: 0.3 },
  },
  { file: 'b', label: 'pneumonia', max: 0, boxes: { hit: false, centre: true, random: 0.2, iou: 0 } },
]

describe('buildReport', () => {
  const report = buildReport({ run, split, folds, shortcuts: [shortcut(0)], cams, records: byFile })

  it('counts every test image once and every class', () => {
    expect(report.images.test).toBe(split.folds.reduce((n, f) => n + f.test.length, 0))
    expect(report.model.confusion.flat().reduce((a, b) => a + b, 0)).toBe(report.images.test)
    expect(report.folds.map((f) => f.n)).toEqual(split.folds.map((f) => f.test.length))
    const all = scored(folds, 'test', byFile)
    const right = all.filter((s) => s.predicted === s.truth).length
    expect(report.model.accuracy.value).toBeCloseTo(right / all.length, 12)
  })

  it('warns in its first line where a shortcut does as well, and not where none does', () => {
    expect(report.headline).not.toContain('measure the sources')
    const cheating = buildReport({ run, split, folds, shortcuts: [shortcut(5)], cams, records: byFile })
    expect(cheating.headline).toContain('measure the sources at least as much as the disease')
  })

  it('gives operating points for all four classes; the screening one reaches about the sensitivity it was chosen for', () => {
    for (const label of LABELS) {
      const { screening, balanced } = report.operatingPoints[label]!
      expect(screening.sensitivity.value).toBeGreaterThan(0.88)
      expect(balanced.sensitivity.value + balanced.specificity.value).toBeGreaterThan(1.7)
    }
  })

  it('scores localisation beside the centre and chance', () => {
    expect(report.localisation!.pointing[0]).toMatchObject({ model: { value: 0.5 }, centre: { value: 0.5 } })
    expect(report.localisation!.empty.value).toBe(0.5)
    expect(report.localisation!.lungs).toEqual({ n: 1, energy: 0.5, uniform: 0.3 })
  })

  it('renders to one page that refers to nothing outside itself and escapes what it is given', () => {
    const html = renderReport(report)
    expect(html).not.toMatch(/<script|<link|src=|href=|url\(/)
    expect(html).toContain('&lt;script&gt;')
    for (const label of LABELS) expect(html).toContain(label)
  })
})
