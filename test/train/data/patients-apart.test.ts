import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDataSet } from '@detl/train/data/data-set'
import { splitOf } from '@detl/train/data/split'
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
