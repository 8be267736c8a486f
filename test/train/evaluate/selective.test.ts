import { type ClassList, PAPER_LIST } from '@detl/core/model/class-list'
import { LABELS } from '@detl/core/model/labels'
import { groupedSplit } from '@detl/train/data/split'
import { LabelledRecords } from '@detl/train/data/truth'
import { selectiveFigures, selectiveOf, worth } from '@detl/train/evaluate/selective'
import { siteSelective } from '@detl/train/evaluate/site-selective'
import { gaussian, rngOf } from '@detl/train/rng'
import type { FoldPredictions } from '@detl/train/scores/files'
import { scored } from '@detl/train/scores/predictions'
import { describe, expect, it } from 'vitest'
import { madeUpRecords } from '../data/records.ts'

const records = madeUpRecords(3)
const byFile = new LabelledRecords(records, PAPER_LIST)
const split = groupedSplit(records, 3)

/** Scores that know the class with some noise; half of the images are hard: their scores are small, and wrong more often. */
function foldsOf(skill: number): FoldPredictions[] {
  const rng = rngOf('selective', skill)
  const say = (files: readonly string[]) => ({
    files: [...files],
    logits: files.map((f) => {
      const clear = rng() < 0.5 ? 1 : 0.3
      return LABELS.map(
        (label) => clear * (skill * (byFile.get(f)!.classB === label ? 1 : 0)) + 0.7 * gaussian(rng),
      )
    }),
  })
  return split.folds.map((f, fold) => ({
    fold,
    temperature: 1,
    validation: say(f.validation),
    test: say(f.test),
    external: say([]),
    blanked: say([]),
  }))
}

describe('decisions on what the network is sure of', () => {
  const folds = foldsOf(3)
  const figures = selectiveFigures(folds, byFile, 1)!

  it('takes thresholds that the wanted share of the validation images reaches, and about so many test images', () => {
    const highest = scored(folds, 'validation', byFile).map(({ probabilities }) => Math.max(...probabilities))
    for (const { coverage, threshold, answered } of figures.steps) {
      const reached = highest.filter((p) => p >= threshold).length / highest.length
      expect(reached).toBeCloseTo(coverage, 2)
      expect(answered.value).toBeGreaterThan(coverage - 0.05)
      expect(answered.value).toBeLessThan(coverage + 0.05)
    }
  })

  it('counts what it decides as all else is counted, and the gain within the same resamples', () => {
    const { threshold, balancedAccuracy, gain } = figures.steps.find(({ coverage }) => coverage === 0.8)!
    const sure = scored(folds, 'test', byFile).filter((s) => Math.max(...s.probabilities) >= threshold)
    const recalls = LABELS.map((_, c) => {
      const of = sure.filter((s) => s.truths[c] === 1)
      return of.filter((s) => s.called[c] === 1).length / of.length
    })
    expect(balancedAccuracy.value).toBeCloseTo(recalls.reduce((a, b) => a + b) / 4, 10)
    expect(balancedAccuracy.n).toBe(sure.length)
    expect(gain.value).toBeCloseTo(balancedAccuracy.value - figures.all.value, 10)
    expect(gain.low).toBeGreaterThan(0.02)
    // What is hard in a resample is hard in both, so the gain is known better than either.
    expect(gain.high - gain.low).toBeLessThan(figures.all.high - figures.all.low)
  })

  it('gains nothing by being sure where a network knows nothing', () => {
    for (const { gain } of selectiveFigures(foldsOf(0), byFile, 1)!.steps) {
      expect(gain.low).toBeLessThan(0)
      expect(gain.high).toBeGreaterThan(0)
    }
  })

  it('gives the manifest the threshold for 80 %, with what it is worth', () => {
    const { coverage, threshold, answered, balancedAccuracy } = selectiveOf(figures)!
    const step = figures.steps.find((one) => one.coverage === 0.8)!
    expect([coverage, threshold, answered]).toEqual([0.8, step.threshold, step.answered])
    expect(balancedAccuracy).toEqual({ all: figures.all, answered: step.balancedAccuracy })
  })

  it('says nothing of classes that do not exclude each other', () => {
    const multi: ClassList = { ...PAPER_LIST, labelling: 'multi' }
    expect(selectiveFigures(folds, new LabelledRecords(records, multi), 1)).toBeUndefined()
    expect(siteSelective([], multi)).toBeUndefined()
  })
})

it('is worth nothing where nothing is decided, rather than all', () => {
  const films = ['a', 'b'].map((group) => ({
    group,
    truths: [1, 0, 0, 0],
    called: [1, 0, 0, 0],
    probabilities: [0.4, 0.2, 0.2, 0.2],
  }))
  const { answered, balancedAccuracy } = worth(films, [false, false], PAPER_LIST, 1)
  expect([answered.value, balancedAccuracy.n]).toEqual([0, 0])
  expect(balancedAccuracy.value).toBeNaN()
})

describe('for a site', () => {
  it('moves with the site: the threshold is one that the usual share of its own films reaches', () => {
    const films = (sharpness: number) => {
      const rng = rngOf('site-selective', sharpness)
      return Array.from({ length: 300 }, (_, i) => {
        const z = LABELS.map((_, c) => sharpness * ((c === i % 4 ? 1 : 0) + 0.5 * gaussian(rng)))
        const sum = z.reduce((s, v) => s + Math.exp(v), 0)
        return {
          group: `p${i >> 1}`,
          truths: LABELS.map((_, c) => Number(c === i % 4)),
          probabilities: z.map((v) => Math.exp(v) / sum),
        }
      })
    }
    const [flat, sharp] = [films(1), films(6)].map((of) => siteSelective(of, PAPER_LIST)!)
    expect(sharp!.threshold).toBeGreaterThan(flat!.threshold + 0.2)
    for (const { answered } of [flat!, sharp!]) expect(answered.value).toBeCloseTo(0.8, 1)
    expect(sharp!.balancedAccuracy.answered.value).toBeGreaterThan(sharp!.balancedAccuracy.all.value)
  })
})
