import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDataSet } from '@detl/train/data/data-set'
import { checkFolds } from '@detl/train/data/folds-check'
import { splitOf } from '@detl/train/data/split'
import { LabelledRecords } from '@detl/train/data/truth'
import { afterAll, describe, expect, it } from 'vitest'

const dir = mkdtempSync(join(tmpdir(), 'detl-patients-'))
afterAll(() => rmSync(dir, { recursive: true }))

describe('a table that has patients and studies', () => {
  it('keeps one patient in one part of every fold, though each study is a group of its own', () => {
    const rows = Array.from({ length: 80 }, (_, i) => {
      const file = `${i}.png`
      writeFileSync(join(dir, file), `${i}`)
      return `${file},${i % 4 < 2 ? 'normal' : 'covid19'},P${i >> 1},S${i}`
    })
    writeFileSync(join(dir, 'manifest.csv'), ['file,label,patient,study', ...rows].join('\n'))
    const { records, list } = readDataSet(dir)
    const patientOf = new Map(records.map((r) => [r.file, r.patient]))
    const of = (files: readonly string[]) => files.map((file) => patientOf.get(file)!)
    for (const { train, validation, test } of splitOf('grouped', records, 1, list).folds) {
      expect(test.length).toBeGreaterThan(0)
      const [trained, validated] = [new Set(of(train)), new Set(of(validation))]
      expect(of(test).filter((patient) => trained.has(patient) || validated.has(patient))).toEqual([])
      expect(of(validation).filter((patient) => trained.has(patient))).toEqual([])
    }
  })
})

describe('folds in which a class is missing', () => {
  it('are refused before they are trained, with the part and the class', () => {
    const rare = join(dir, 'rare')
    mkdirSync(rare)
    const rows = Array.from({ length: 43 }, (_, i) => {
      writeFileSync(join(rare, `${i}.png`), `${i}`)
      return `${i}.png,${i < 20 ? 'normal' : i < 40 ? 'tb' : 'silicosis'},P${Math.min(i, 40)}`
    })
    writeFileSync(join(rare, 'manifest.csv'), ['file,label,patient', ...rows].join('\n'))
    const { records, list } = readDataSet(rare)
    const dataset = {
      split: splitOf('grouped', records, 1, list),
      byFile: new LabelledRecords(records, list),
    }
    for (const fold of [0, 1, 2, 3, 4])
      expect(() => checkFolds(dataset, [fold])).toThrow(
        new RegExp(`fold ${fold} (trains|validates|tests) on no image of silicosis: .*detl data check`),
      )
    expect(() => checkFolds(dataset, [7])).toThrow('fold 7: there are 5, counted from 0')
  })
})
