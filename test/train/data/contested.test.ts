import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDataSet } from '@detl/train/data/data-set'
import { splitOf } from '@detl/train/data/split'
import { expect, it } from 'vitest'
import { madeUpRecords } from './records.ts'

it('tests on contested images as before, and neither trains nor validates on them', () => {
  const records = madeUpRecords(1)
  const contested = new Set(records.filter((_, i) => i % 7 === 0).map((r) => r.file))
  const marked = records.map((r) => (contested.has(r.file) ? { ...r, contested: true } : r))
  const [before, after] = [splitOf('grouped', records, 1), splitOf('grouped', marked, 1)]
  expect(after.folds.map((f) => f.test)).toEqual(before.folds.map((f) => f.test))
  const learnt = (split: typeof before) =>
    [split.pretrain, ...split.folds].flatMap(({ train, validation }) => [...train, ...validation])
  expect(learnt(after)).toEqual(learnt(before).filter((file) => !contested.has(file)))
})

it('marks what a second reading contradicts, with "not trained on", and leaves its label', () => {
  const dir = mkdtempSync(join(tmpdir(), 'detl-contested-'))
  const write = (name: string, ...lines: string[]) => writeFileSync(join(dir, name), lines.join('\n'))
  write(
    'manifest.csv',
    'file,dataset,patient_id,group_id,class_a,class_b,width,height,sha256',
    `a.png,nih,p1,g1,disease,other_disease,9,9,${'1'.repeat(64)}`,
    `b.png,nih,p2,g2,normal,normal,9,9,${'2'.repeat(64)}`,
  )
  write('read.csv', 'shared_file,rsna_label', 'a.png,Normal', 'b.png,Normal')
  const secondReading = { files: ['read.csv'], conflicts: 'not trained on' }
  write('set.json', JSON.stringify({ folders: [{ dir: '.' }], secondReading }))
  expect(readDataSet(join(dir, 'set.json')).records.map((r) => [r.classB, r.contested])).toEqual([
    ['other_disease', true],
    ['normal', undefined],
  ])
})
