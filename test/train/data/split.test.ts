import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDataSet, readDataSetRegions } from '@detl/train/data/data-set'
import { checkLeaks, findLeaks } from '@detl/train/data/leaks'
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

  it('keeps for a test what its folds never show of a source', () => {
    const { external, folds } = paperSplit(records, 1)
    const byFile = new Map(records.map((r) => [r.file, r]))
    const groups = new Set(folds.flatMap((f) => f.test).map((f) => byFile.get(f)!.group))
    const unseen = external.map((f) => byFile.get(f)!).filter((r) => r.dataset !== 'figure1')
    // Of Cohen's images the paper takes COVID-19 alone: its pneumonia shows whether a network knows the disease or the source.
    expect(unseen.length).toBeGreaterThan(0)
    expect(new Set(unseen.map((r) => `${r.dataset}/${r.classB}`))).toEqual(new Set(['cohen/pneumonia']))
    expect(unseen.some((r) => groups.has(r.group))).toBe(false)
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

describe('images for training only', () => {
  const extra = Array.from({ length: 30 }, (_, i) => ({
    ...records[0]!,
    file: `more/${i}.jpg`,
    dataset: i % 3 === 0 ? 'cohen' : 'more',
    patient: undefined,
    group: `more-${i}`,
    classA: undefined,
    classB: i % 2 ? ('covid19' as const) : ('normal' as const),
    sha256: `f${i.toString(16)}`.padStart(64, 'f'),
    trainingOnly: true,
  }))
  const tested = groupedSplit(records, 1).folds[0]!.test[0]!
  const friend = { ...extra[1]!, file: 'more/friend.jpg', group: byFile.get(tested)!.group }
  const copy = { ...extra[1]!, file: 'more/copy.jpg', group: 'copy', sha256: byFile.get(tested)!.sha256 }
  const onlyA = {
    ...extra[1]!,
    file: 'more/a.jpg',
    group: 'a',
    classA: 'disease' as const,
    classB: undefined,
  }
  const all = [...records, ...extra, friend, copy, onlyA]
  const isExtra = (file: string) => file.startsWith('more/')
  const split = splitOf('grouped', all, 1)

  it('train every fold, and are neither validated nor tested on; what is tested stays as it was', () => {
    const plain = splitOf('grouped', records, 1)
    for (const [k, fold] of split.folds.entries()) {
      expect(fold.train.filter(isExtra)).toEqual(expect.arrayContaining(extra.map((r) => r.file)))
      expect({ ...fold, train: fold.train.filter((f) => !isExtra(f)) }).toEqual(plain.folds[k])
    }
    expect(split.external).toEqual(plain.external)
    expect(split.pretrain.train.filter(isExtra)).toEqual([onlyA.file])
    expect(checkLeaks(split, all)).toEqual([])
  })

  it('stay out of a fold that tests or validates their patient or their very picture', () => {
    for (const { file } of [friend, copy]) {
      expect(split.folds[0]!.train).not.toContain(file)
      expect(split.folds.filter((f) => f.train.includes(file)).length).toBeGreaterThan(0)
    }
  })

  it('are a leak wherever they are tested', () => {
    const wrong = structuredClone(split)
    wrong.folds[0]!.test.push(extra[0]!.file)
    expect(() => checkLeaks(wrong, all)).toThrow(/fold 0: 1 images that are for training only/)
  })

  it('do not change the counts of the paper, and are left out with their source', () => {
    expect(splitOf('paper', all, 1).folds).toEqual(paperSplit(records, 1).folds)
    const two = all.map((r, i) =>
      r.dataset === 'cohen' && r.classB === 'covid19' && i % 2 ? { ...r, dataset: 'cxnet' } : r,
    )
    const without = splitOf('without-cohen', two, 1)
    const datasets = new Map(two.map((r) => [r.file, r.dataset]))
    expect(without.folds[0]!.train.filter((f) => datasets.get(f) === 'cohen')).toEqual([])
    expect(without.folds[0]!.train.filter(isExtra).length).toBeGreaterThan(0)
  })
})

describe('a data set of several folders', () => {
  const dir = mkdtempSync(join(tmpdir(), 'detl-sets-'))
  const folder = (name: string, ...lines: string[]) => {
    mkdirSync(join(dir, name))
    writeFileSync(join(dir, name, 'manifest.csv'), lines.join('\n'))
  }
  const sha = (n: number) => n.toString(16).padStart(64, '0')
  const head = 'file,dataset,patient_id,group_id,class_a,class_b,width,height,sha256,tier'
  folder(
    'main',
    head,
    `a.png,nih,p1,g1,disease,other_disease,9,9,${sha(1)},`,
    `b.png,nih,p2,g2,,pneumonia,9,9,${sha(2)},`,
    `COVID-00048.png,figure1,p3,g3,,covid19,9,9,${sha(3)},`,
  )
  folder(
    'more',
    head,
    `1.png,rsna,p1,,normal,normal,9,9,${sha(11)},A`,
    `2.png,rsna,,,normal,normal,9,9,${sha(12)},A`,
    `3.png,rsna,,g1,normal,normal,9,9,${sha(13)},B`,
  )
  writeFileSync(join(dir, 'main', 'nih_boxes.csv'), 'file,label,x,y,w,h\na.png,Mass,1,2,3,4\n')
  writeFileSync(join(dir, 'more', 'nih_boxes.csv'), 'file,label,x,y,w,h\n1.png,Mass,1,2,3,4\n')
  writeFileSync(join(dir, 'normal.csv'), 'shared_file,rsna_label\na.png,Normal\n')
  writeFileSync(join(dir, 'opacity.csv'), 'opacity_file,shared_image\nx.png,b.png\n')
  const set = (content: object) => {
    const path = join(dir, 'set.json')
    writeFileSync(path, JSON.stringify(content))
    return path
  }
  const both = [{ dir: 'main' }, { dir: 'more', use: 'training', tiers: ['A'] }]

  it('joins folders, with one patient in one group, and takes the tiers that are asked for', () => {
    const found = readDataSet(set({ folders: both })).records
    expect(found.map((r) => [r.file, r.group, r.trainingOnly])).toEqual([
      ['a.png', 'g1', false],
      ['b.png', 'g2', false],
      ['COVID-00048.png', 'g3', false],
      ['more/1.png', 'g1', true],
      ['more/2.png', 'more/2.png', true],
    ])
    const apart = readDataSet(set({ folders: [{ dir: 'main' }, { dir: 'more' }] })).records.at(-1)!
    expect([apart.file, apart.group]).toEqual(['more/3.png', 'more/g1']) // another g1 than that of main
    expect([...readDataSetRegions(join(dir, 'set.json')).boxes.keys()]).toEqual(['a.png', 'more/1.png'])
  })

  it('takes a folder for pretraining alone, whatever its images are called in Data-B', () => {
    const folders = [{ dir: 'main' }, { dir: 'more', use: 'pretraining' }]
    const found = readDataSet(set({ folders })).records.filter((r) => r.trainingOnly)
    expect(found.map((r) => [r.file, r.classA, r.classB])).toEqual([
      ['more/1.png', 'normal', undefined],
      ['more/2.png', 'normal', undefined],
      ['more/3.png', 'normal', undefined],
    ])
  })

  it('drops or relabels what a second reading contradicts, and leaves the rest', () => {
    const read = (conflicts: 'drop' | 'relabel') =>
      readDataSet(
        set({ folders: both, secondReading: { files: ['normal.csv', 'opacity.csv'], conflicts } }),
      ).records.slice(0, 2)
    expect(read('relabel').map((r) => [r.classA, r.classB, r.leftOut])).toEqual([
      ['normal', 'normal', undefined],
      [undefined, 'pneumonia', undefined],
    ])
    expect(read('drop').map((r) => r.leftOut)).toEqual([
      'the second reading contradicts the label',
      undefined,
    ])
  })

  it('knows the file of Figure1 that is an image of ChestX-ray14, and takes a list of others', () => {
    const found = readDataSet(set({ folders: both, leaveOut: ['b.png'] })).records
    expect(found.map((r) => r.leftOut)).toEqual([
      undefined,
      'named in leaveOut',
      'an image of NIH ChestX-ray14, from before COVID-19',
      undefined,
      undefined,
    ])
  })

  it('says what is wrong with the file that puts them together', () => {
    expect(() => readDataSet(set({ folders: [], use: 1 }))).toThrow(/folders: .*; it: .*"use"/)
    expect(() => readDataSet(set({ folders: both, leaveOut: ['z.png'] }))).toThrow('leaveOut names z.png')
    expect(() => readDataSet(set({ folders: [{ dir: 'main', tiers: ['A'] }] }))).toThrow('no image of tier A')
    expect(() =>
      readDataSet(
        set({ folders: [{ dir: 'more' }], secondReading: { files: ['normal.csv'], conflicts: 'drop' } }),
      ),
    ).toThrow('none of its images is in the data')
  })
})

const cxr = join(sharedDir(), 'cxr')
it.skipIf(!existsSync(cxr))('the real data split without a leak, all four classes in every fold', () => {
  const { records: real } = readDataSet(cxr)
  const split = groupedSplit(real, 1)
  expect(checkLeaks(split, real)).toEqual([])
  const labels = new Map(real.map((r) => [r.file, r.classB]))
  for (const fold of split.folds) expect(new Set(fold.test.map((f) => labels.get(f))).size).toBe(4)
})

const more = join(sharedDir(), 'cxr-more')
it.skipIf(!existsSync(more))('further real images, for training only, join the split without a leak', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'detl-more-')), 'set.json')
  const files = ['rsna_normal_vs_nih_label.csv', 'rsna_opacity_vs_nih_label.csv'].map((f) => join(more, f))
  const folders = [{ dir: cxr }, { dir: more, use: 'training', tiers: ['A'] }]
  writeFileSync(path, JSON.stringify({ folders, secondReading: { files, conflicts: 'drop' } }))
  const { records: real } = readDataSet(path)
  const split = splitOf('grouped', real, 1)
  expect(checkLeaks(split, real)).toEqual([])
  expect(split.folds[0]!.train.filter((f) => f.startsWith('cxr-more/')).length).toBeGreaterThan(11_000)
  expect(split.external).not.toContain('images/figure1/COVID-00048.jpg')
})
