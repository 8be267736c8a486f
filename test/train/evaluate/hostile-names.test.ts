import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PAPER_LIST } from '@detl/core/model/class-list'
import { readSplit } from '@detl/train/data/split-file'
import { renderGallery } from '@detl/train/evaluate/gallery-html'
import { readRun } from '@detl/train/run'
import { afterAll, expect, it } from 'vitest'

const dir = mkdtempSync(join(tmpdir(), 'detl-hostile-names-'))
afterAll(() => rmSync(dir, { recursive: true }))

it('the gallery shows names of data sets as text, in the order of their letters', () => {
  const [first] = PAPER_LIST.classes
  const html = renderGallery(
    [
      {
        id: '"><script>alert(1)</script>',
        dataset: '<img src=x onerror=alert(2)>\u202egnp',
        truth: first!.id,
        predicted: first!.id,
        fold: 0,
        probabilities: PAPER_LIST.classes.map(() => 0.25),
        xray: 'data:image/png;base64,',
        views: [],
        boxes: [],
      },
    ],
    'A <b>rule</b>.',
    PAPER_LIST,
  )
  expect(html).not.toMatch(/<script>alert|<img src=x|<b>rule|\u202e/)
  expect(html).toContain('&lt;img src=x onerror=alert(2)&gt;gnp')
})

it.each([
  ['run.json', readRun],
  ['split.json', readSplit],
])('%s of more than 256 MiB is refused by its size, before it is read', (name, read) => {
  const path = join(dir, name)
  writeFileSync(path, '{}')
  truncateSync(path, 2 ** 28 + 1) // takes no room on the disk
  expect(() => read(dir)).toThrow(`${path} has ${2 ** 28 + 1} bytes or more`)
})
