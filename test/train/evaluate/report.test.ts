import { PAPER_LIST } from '@detl/core/model/class-list'
import { LABELS } from '@detl/core/model/labels'
import { cxrGrey } from '@detl/core/preprocess/spec'
import { groupedSplit } from '@detl/train/data/split'
import { LabelledRecords } from '@detl/train/data/truth'
import { buildReport } from '@detl/train/evaluate/build-report'
import { compareRuns } from '@detl/train/evaluate/compare'
import { renderGallery } from '@detl/train/evaluate/gallery-html'
import { predictionsCsv } from '@detl/train/evaluate/predictions-csv'
import { renderReport } from '@detl/train/evaluate/report-html'
import { gaussian, rngOf } from '@detl/train/rng'
import type { Run } from '@detl/train/run'
import type { FoldPredictions, GalleryCase } from '@detl/train/scores/files'
import { galleryImages } from '@detl/train/scores/gallery-rule'
import { averageOverFolds, isRight, scored } from '@detl/train/scores/predictions'
import { describe, expect, it } from 'vitest'
import { defaults } from '../../../train/configs/default.ts'
import { madeUpRecords } from '../data/records.ts'

const records = madeUpRecords(3)
const byFile = new LabelledRecords(records, PAPER_LIST)
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

const galleryCase: GalleryCase = {
  id: '00000000',
  dataset: 'nih',
  fold: 0,
  truth: 'normal',
  predicted: 'covid19',
  probabilities: [0.2, 0.1, 0.1, 0.6],
  xray: 'data:,xray',
  views: [{ label: 'covid19', share: 1, map: 'data:,map', overlay: 'data:,overlay' }],
  boxes: [{ x: 0.1, y: 0.1, width: 0.2, height: 0.2 }],
}
const input = {
  run,
  split,
  folds: folds.map((f) => [f]),
  shortcuts: [shortcut(0)],
  cams,
  records: byFile,
  training: [
    {
      stage: 'fold-0',
      bestEpoch: 2,
      epochs: [1, 2, 3].map((epoch) => ({
        epoch,
        loss: 1 / epoch,
        validationLoss: 1.2 / epoch,
        accuracy: 0.5,
        validationAccuracy: 0.4,
        balancedAccuracy: 0.45,
      })),
    },
  ],
  pretraining: undefined,
  leftOut: [],
  outliers: [],
}

describe('buildReport', () => {
  const report = buildReport(input)

  it('counts every test image once and every class', () => {
    expect(report.images.test).toBe(split.folds.reduce((n, f) => n + f.test.length, 0))
    expect(report.model.confusion!.flat().reduce((a, b) => a + b, 0)).toBe(report.images.test)
    expect(report.folds.map((f) => f.n)).toEqual(split.folds.map((f) => f.test.length))
    const all = scored(folds, 'test', byFile)
    const right = all.filter(isRight).length
    expect(report.model.accuracy.value).toBeCloseTo(right / all.length, 12)
  })

  it('warns in its first line where a shortcut does as well, and not where none does', () => {
    expect(report.headline).not.toContain('measure the sources')
    const cheating = buildReport({ ...input, shortcuts: [shortcut(5)] })
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
    expect(report.localisation!.lungs).toMatchObject({ n: 1, energy: 0.5, uniform: 0.3 })
    expect(report.localisation!.lungs!.advantage.value).toBeCloseTo(0.2, 12)
  })

  it('draws ROC curves inside their bands, which end where the curve does', () => {
    expect(report.roc.map((r) => r.name)).toEqual([...LABELS, 'covid19 against pneumonia, cohen only'])
    for (const { curve, band } of report.roc) {
      expect(curve.at(-1)).toEqual({ x: 1, y: 1 })
      for (const { x, low, high } of band) {
        const height = Math.max(...curve.filter((p) => p.x <= x).map((p) => p.y))
        expect(low).toBeLessThanOrEqual(height + 0.02)
        expect(high).toBeGreaterThanOrEqual(height - 0.02)
      }
    }
  })

  it('an ensemble of independent members beats its members, whose own figures stand beside it', () => {
    const noisy = (seed: number) => {
      const noise = rngOf('member', seed)
      const of = (files: readonly string[]) => ({
        files: [...files],
        logits: files.map((f) =>
          LABELS.map((label) => (byFile.get(f)!.classB === label ? 1.5 : 0) + gaussian(noise)),
        ),
      })
      return split.folds.map((f, fold) => ({
        fold,
        temperature: 1,
        validation: of(f.validation),
        test: of(f.test),
        external: of(split.external),
        blanked: of(f.test),
      }))
    }
    const [a, b, c] = [noisy(1), noisy(2), noisy(3)]
    const together = buildReport({ ...input, folds: split.folds.map((_, k) => [a[k]!, b[k]!, c[k]!]) })
    const { members } = together
    expect(members!.each).toHaveLength(3)
    expect(together.model.balancedAccuracy.value).toBeGreaterThan(members!.balancedAccuracy.mean + 0.05)
    const alone = scored(a, 'test', byFile)
    const right = alone.filter(isRight).length
    expect(members!.each[0]!.accuracy).toBeCloseTo(right / alone.length, 12)
    expect(report.members).toBeUndefined()
    expect(together.headline).toContain('by 3 networks a fold together; one alone reaches')
    expect(renderReport(together, { cases: [], rule: '' })).toContain('One network alone')
  })

  it('renders to one page that refers to nothing outside itself and escapes what it is given', () => {
    const html = renderReport(report, { cases: [galleryCase], rule: 'the first' })
    expect(html).not.toMatch(/<script|<link|src="(?!data:)|href="(?!#)|url\(/)
    expect(html).toContain('&lt;script&gt;')
    for (const label of LABELS) expect(html).toContain(label)
    expect(html).toContain('fold-0: loss; epoch 2 was kept')
  })

  it('shows maps but no X-ray in the report, and X-rays in the gallery', () => {
    const html = renderReport(report, { cases: [galleryCase], rule: 'the first' })
    expect(html).toContain('data:,map')
    expect(html).not.toMatch(/data:,(xray|overlay)/)
    expect(renderGallery([galleryCase], 'the first', PAPER_LIST)).toMatch(/data:,xray[\s\S]*data:,overlay/)
  })

  it('lists what was said of every held-out and external image, once each', () => {
    const test = scored(folds, 'test', byFile)
    const external = averageOverFolds(scored(folds, 'external', byFile), PAPER_LIST)
    const csv = predictionsCsv(test, external, LABELS)
    const lines = csv.trim().split('\n')
    expect(lines[0]).toMatch(/^part,fold,file,.*,p_normal,p_other_disease,p_pneumonia,p_covid19$/)
    expect(lines.filter((l) => l.startsWith('test,'))).toHaveLength(test.length)
    expect(lines.filter((l) => l.startsWith('external,mean,'))).toHaveLength(split.external.length)
  })
})

describe('galleryImages', () => {
  it('takes right and wrong images of every class by the digest of their files alone', () => {
    const test = scored(folds, 'test', byFile)
    const chosen = galleryImages(test)
    for (const [c] of LABELS.entries()) {
      const wrong = test.filter((s) => s.truths[c] === 1 && s.called[c] !== 1)
      const first = wrong.map((s) => s.record.sha256).sort()[0]
      expect(chosen.filter((s) => s.truths[c] === 1 && s.called[c] !== 1)[0]!.record.sha256).toBe(first)
    }
    expect(galleryImages([...test].reverse())).toEqual(chosen)
  })
})

describe('compareRuns', () => {
  const against = (skill: number) =>
    compareRuns(
      { name: 'A', folds },
      { name: 'B', folds: folds.map((f) => ({ ...f, test: say(f.test.files, skill) })) },
      byFile,
      1,
    )

  it('shows the better of two clearly different models, with an interval around the difference', () => {
    const { balancedAccuracy: d, sentence } = against(1)
    expect(d.difference).toBeCloseTo(d.a - d.b, 12)
    expect(d.low).toBeGreaterThan(0)
    expect(d.low).toBeLessThan(d.difference)
    expect(sentence).toContain('The balanced accuracy of A is higher than that of B')
  })

  it('shows no difference between equals, and none at all of a model with itself', () => {
    expect(against(3).sentence).toContain('The balanced accuracy of A and of B may be equal')
    const self = compareRuns({ name: 'A', folds }, { name: 'B', folds }, byFile, 1)
    expect(self.focusAuc).toMatchObject({ difference: 0, low: 0, high: 0 })
  })

  it('refuses runs of different splits', () => {
    const other = folds.map((f) => ({ ...f, test: say(f.test.files.slice(1), 1) }))
    expect(() => compareRuns({ name: 'A', folds }, { name: 'B', folds: other }, byFile, 1)).toThrow(
      'no fold with the same test images',
    )
  })
})
