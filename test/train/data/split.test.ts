import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { checkLeaks, findLeaks } from '@detl/train/data/leaks'
import { readFolder } from '@detl/train/data/sources/folder'
import { groupedSplit, paperSplit, sourcesToLeaveOut, splitOf } from '@detl/train/data/split'
import { describe, expect, it } from 'vitest'
import { sharedDir } from '../../support/shared.ts'
import { madeUpRecords } from './records.ts'

const records = madeUpRecords(1)
const byFile = new Map(records.map((r) => [r.file, r]))

describe('groupedSplit', () => {
  it.each([1, 2, 3])('shares no group and no content between any two parts (seed %i)', (seed) => {
    expect(findLeaks(groupedSplit(madeUpRecords(seed), seed), madeUpRecords(seed))).toEqual([])
  })

  it('tests every image of Data-B exactly once, with classes spread evenly over the folds', () => {
    const { folds } = groupedSplit(records, 1)
    const tested = folds.flatMap((f) => f.test)
    expect(new Set(tested).size).toBe(tested.length)
    for (const label of ['normal', 'pneumonia', 'covid19'] as const) {
      const counts = folds.map((f) => f.test.filter((file) => byFile.get(file)!.classB === label).length)
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(0.15 * Math.max(...counts))
    }
  })

  it('keeps the external source out of everything', () => {
    const split = groupedSplit(records, 1)
    expect(split.external).toHaveLength(20)
    const used = [
      ...split.pretrain.train,
      ...split.pretrain.validation,
      ...split.folds.flatMap((f) => [...f.train, ...f.validation, ...f.test]),
    ]
    expect(used.filter((f) => f.startsWith('figure1'))).toEqual([])
  })

  it('is the same for the same seed whatever the order of the records, and another for another seed', () => {
    const digest = groupedSplit(records, 1).digest
    expect(groupedSplit([...records].reverse(), 1).digest).toBe(digest)
    expect(groupedSplit(records, 2).digest).not.toBe(digest)
  })
})

describe('paperSplit', () => {
  it("has the paper's counts, and leaks by patient, as folds by image must", () => {
    const split = paperSplit(records, 1)
    const counts: Record<string, number> = {}
    for (const file of split.folds.flatMap((f) => f.test)) {
      const label = byFile.get(file)!.classB!
      counts[label] = (counts[label] ?? 0) + 1
    }
    expect(counts).toEqual({ normal: 350, pneumonia: 322, other_disease: 300, covid19: 225 })
    const kinds = new Set(checkLeaks(split, records).map((l) => l.kind))
    expect(kinds).toEqual(new Set(['group']))
  })
})

describe('without a source', () => {
  const two = records.map((r, i) =>
    r.dataset === 'cohen' && r.classB === 'covid19' && i % 2 ? { ...r, dataset: 'cxnet' } : r,
  )
  const without = (protocol: 'without-cohen' | 'without-cxnet') => {
    const split = splitOf(protocol, two, 1)
    const datasetOf = new Map(two.map((r) => [r.file, r.dataset]))
    return { split, fold: split.folds[0]!, datasetOf }
  }

  it('trains and validates on no image of it, and tests on all of them beside images of the other sources', () => {
    expect(sourcesToLeaveOut(two)).toEqual(['cohen', 'cxnet'])
    const { fold, datasetOf } = without('without-cohen')
    const seen = [...fold.train, ...fold.validation].map((f) => datasetOf.get(f))
    expect(new Set(seen)).toEqual(new Set(['nih', 'cxnet']))
    const all = two.filter((r) => r.dataset === 'cohen' && r.classB !== undefined).map((r) => r.file)
    expect(fold.test).toEqual(expect.arrayContaining(all))
    expect(fold.test.length).toBeGreaterThan(all.length)
  })

  it('shares no group between the source and what is trained on, and pretrains as the grouped protocol does', () => {
    const { split } = without('without-cxnet')
    expect(checkLeaks(split, two)).toEqual([])
    expect(split.pretrain).toEqual(groupedSplit(two, 1).pretrain)
  })

  it('refuses a source that is not there, and one without which a class has no teacher', () => {
    expect(() => splitOf('without-nowhere', two, 1)).toThrow('no image of the source "nowhere"')
    expect(() => splitOf('without-cohen', records, 1)).toThrow('nothing teaches covid19')
    expect(sourcesToLeaveOut(records)).toEqual([])
  })
})

describe('checkLeaks', () => {
  it('fails loudly on one patient in training and test', () => {
    const split = groupedSplit(records, 1)
    const stolen = split.folds[0]!.test[0]!
    split.folds[0]!.train.push(stolen)
    expect(() => checkLeaks(split, records)).toThrow(/fold 0: training ∩ test: \d+ images share a group/)
  })

  it('fails loudly on one file under two names', () => {
    const split = groupedSplit(records, 1)
    const [a, b] = [split.folds[0]!.train[0]!, split.folds[0]!.test[0]!]
    const copies = records.map((r) => (r.file === b ? { ...r, sha256: byFile.get(a)!.sha256 } : r))
    expect(() => checkLeaks(split, copies)).toThrow('share a content')
  })
})

const cxr = join(sharedDir(), 'cxr')
it.skipIf(!existsSync(cxr))('the real data split without a leak, all four classes in every fold', () => {
  const real = readFolder(cxr)
  const split = groupedSplit(real, 1)
  expect(checkLeaks(split, real)).toEqual([])
  const labels = new Map(real.map((r) => [r.file, r.classB]))
  for (const fold of split.folds) expect(new Set(fold.test.map((f) => labels.get(f))).size).toBe(4)
})
