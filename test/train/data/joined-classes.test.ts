import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDataSet } from '@detl/train/data/data-set'
import { afterAll, expect, it } from 'vitest'

const dir = mkdtempSync(join(tmpdir(), 'detl-joined-classes-'))
afterAll(() => rmSync(dir, { recursive: true }))

/** A folder with an image of each of these labels, and no classes.json. */
function folder(name: string, ...labels: string[]): { dir: string } {
  mkdirSync(join(dir, name))
  const rows = labels.map((label, i) => {
    const sha256 = Buffer.from(`${name}${i}`).toString('hex').padStart(64, '0')
    return `${i}.png,${name},${name}${i},,disease,${label},9,9,${sha256}`
  })
  const head = 'file,dataset,patient_id,group_id,class_a,class_b,width,height,sha256'
  writeFileSync(join(dir, name, 'manifest.csv'), [head, ...rows].join('\n'))
  return { dir: name }
}
const set = (...folders: object[]) => {
  const path = join(dir, 'set.json')
  writeFileSync(path, JSON.stringify({ folders }))
  return readDataSet(path)
}

const main = folder('main', 'other_disease', 'pneumonia', 'covid19')
const healthy = folder('healthy', 'normal')
const site = folder('site', 'Silicosis')

it('a data set of several folders has the classes of all, in the paper’s order where they are the paper’s', () => {
  const paper = set(main, healthy)
  expect(paper.list.classes.map(({ id }) => id)).toEqual(['normal', 'other_disease', 'pneumonia', 'covid19'])
  expect(paper.records.at(-1)).toMatchObject({ file: 'healthy/0.png', classB: 'normal' })
  const own = set(site, healthy)
  expect(own.list.classes.map(({ id, finding }) => [id, finding])).toEqual([
    ['normal', false],
    ['silicosis', true],
  ])
  expect(own.records.map((r) => r.classB)).toEqual(['silicosis', 'normal'])
})

it('what a folder for pretraining calls its images is no class', () => {
  const { list, records } = set(main, { ...site, use: 'pretraining' })
  expect(list.classes).toHaveLength(3)
  expect(records.at(-1)).toMatchObject({ file: 'site/0.png', classB: undefined })
})
