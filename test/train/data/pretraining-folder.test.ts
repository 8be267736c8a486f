import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDataSet } from '@detl/train/data/data-set'
import { checkLeaks } from '@detl/train/data/leaks'
import { splitOf } from '@detl/train/data/split'
import { expect, it } from 'vitest'
import { sharedDir } from '../../support/shared.ts'

const [cxr, more] = [join(sharedDir(), 'cxr'), join(sharedDir(), 'cxr-more')]
it.skipIf(!existsSync(more))('thousands of films pretrain, and no fold of Data-B changes', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'detl-scale-')), 'set.json')
  const folders = [{ dir: cxr }, { dir: more, use: 'pretraining', tiers: ['A'] }]
  writeFileSync(path, JSON.stringify({ folders }))
  const { records: real } = readDataSet(path)
  const [large, small] = [splitOf('grouped', real, 1), splitOf('grouped', readDataSet(cxr).records, 1)]
  expect(checkLeaks(large, real)).toEqual([])
  expect(large.folds).toEqual(small.folds)
  expect(large.pretrain.validation).toEqual(small.pretrain.validation)
  expect(large.pretrain.train.length - small.pretrain.train.length).toBeGreaterThan(9400)
})
