import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkData, printCheck } from '@detl/train/data/check'
import { importData } from '@detl/train/data/import'
import { COLUMNS } from '@detl/train/data/manifest'
import { readCovidxLabels } from '@detl/train/data/sources/covidx'
import { readFolder } from '@detl/train/data/sources/folder'
import { afterAll, describe, expect, it } from 'vitest'
import { chestDicom } from '../../support/chest-dicom.ts'
import { phantomPng, writePhantomClasses } from '../phantom-classes.ts'

const dir = mkdtempSync(join(tmpdir(), 'detl-own-data-'))
afterAll(() => rmSync(dir, { recursive: true }))
const folder = (name: string) => {
  mkdirSync(join(dir, name), { recursive: true })
  return join(dir, name)
}

describe('a table of files and labels', () => {
  it('is enough: groups, digests and the class list follow from it', async () => {
    const data = join(dir, 'table')
    await writePhantomClasses(data, [
      { label: 'No finding', lesions: [], count: 16 },
      { label: 'TB +', lesions: ['nodule'], count: 16 },
    ])
    const { records, list } = readFolder(data)
    expect(list.classes.map(({ id, finding, name }) => [id, finding, name.en])).toEqual([
      ['no_finding', false, 'No finding'],
      ['tb', true, 'TB +'],
    ])
    expect(records[0]).toMatchObject({ dataset: 'table', group: 'No finding-0', classB: 'no_finding' })
    expect(records[0]!.sha256).toMatch(/^[0-9a-f]{64}$/)
    const check = await checkData(data)
    expect(check).toMatchObject({ images: 32, groups: 16, classes: { no_finding: 16, tb: 16 }, faults: [] })
    expect(check.computed).toEqual({ sha256: 32, group: 32, patient: 0 })
    expect(await checkData(join(data, 'manifest.csv'))).toEqual(check)
  })

  it('is checked whole: every fault at once, with its row and column', async () => {
    const data = join(dir, 'faulty')
    cpSync(join(dir, 'table'), data, { recursive: true })
    const classes = [
      { id: 'no_finding', finding: false, name: { en: 'No finding' } },
      { id: 'tb', finding: true, name: { en: 'TB +' } },
    ]
    writeFileSync(join(data, 'classes.json'), JSON.stringify({ classes }))
    writeFileSync(join(data, 'text.png'), 'no picture')
    const rows = readFileSync(join(data, 'manifest.csv'), 'utf8').split('\r\n')
    const wrong = [
      '0.png;TB +;p;72;;40;;', // one file twice, under two labels
      'gone.png;TB +;p;;;;;',
      '1.png;TBB;p;;;;;', // a slip; one file twice
      'text.png;TB +;p;;;;;',
      '31.png;TB +;p;73;;old;;perhaps', // another width, an age that is none, neither yes nor no
      '30.png;TB +;p;;12;;;',
    ]
    const filled = rows.map(
      (row, i) => `${row}${i === 0 ? ';width;sha256;age;class_a;training_only' : ';;;;;'}`,
    )
    writeFileSync(join(data, 'manifest.csv'), [...filled, ...wrong].join('\n'))
    const { faults, remarks } = await checkData(data)
    expect(faults.map(({ row, column }) => [row, column])).toEqual(
      expect.arrayContaining([
        [33, 'file'],
        [34, 'file'],
        [35, 'label'],
        [36, 'file'],
        [37, 'training_only'],
        [37, 'width'],
        [38, 'sha256'],
      ]),
    )
    expect(faults.find((f) => f.row === 35 && f.column === 'label')!.text).toBe(
      '"TBB" is no class; known: no_finding, tb',
    )
    expect(remarks).toMatchObject([{ row: 37, column: 'age' }])
    expect(() => readFolder(data)).toThrow(/row 34, column file: gone.png is not there/)
  })

  it('names a class that has too few groups for five folds', async () => {
    const data = join(dir, 'scarce')
    await writePhantomClasses(data, [
      { label: 'normal', lesions: [], count: 14 },
      { label: 'covid19', lesions: ['ground-glass'], count: 2 },
    ])
    expect(printCheck(await checkData(data))).toContain('covid19 has 2 images of 1 groups; five folds need 7')
  })

  it('has its columns described in docs/data.md', () => {
    const page = readFileSync('docs/data.md', 'utf8')
    for (const [name, column] of Object.entries(COLUMNS)) {
      expect(page).toMatch(new RegExp(`^\\|[^|]*\`${name}\``, 'm'))
      for (const other of 'also' in column ? column.also : []) expect(page).toContain(other)
    }
  })
})

describe('import', () => {
  it('is refused where no row has a class: its labels may stand under another heading', async () => {
    const images = folder('headings')
    writeFileSync(join(images, 'a.png'), await phantomPng(1, []))
    const labels = join(images, 'labels.csv')
    writeFileSync(labels, 'filename,diagnosis\na.png,TB\n')
    const sources = [{ source: 'csv', labels, images } as const]
    await expect(importData({ sources, out: folder('headings-out'), licences: 'research' })).rejects.toThrow(
      /column label: no row has a class: a column "label" \(also called class_b, class\) or "class_a" is wanted/,
    )
  })

  it('calls classes as the table writes them', async () => {
    const out = join(dir, 'table-out')
    const images = join(dir, 'table')
    const labels = join(images, 'manifest.csv')
    await importData({ sources: [{ source: 'csv', labels, images }], out, licences: 'research' })
    const { list, records } = readFolder(out)
    expect(list.classes.map(({ id, name }) => [id, name.en])).toEqual([
      ['no_finding', 'No finding'],
      ['tb', 'TB +'],
    ])
    expect(new Set(records.map((r) => r.classB))).toEqual(new Set(['no_finding', 'tb']))
  })

  it('takes a folder for each class, and writes the class list to be completed', async () => {
    const images = folder('folders')
    for (const [name, lesions] of [
      ['healthy', []],
      ['tuberculosis', ['nodule']],
    ] as const) {
      mkdirSync(join(images, name))
      for (let i = 0; i < 3; i++)
        writeFileSync(join(images, name, `${i}.png`), await phantomPng(i + 10 * lesions.length, [...lesions]))
    }
    const out = folder('folders-out')
    const result = await importData({
      sources: [{ source: 'classes', labels: images, images }],
      out,
      licences: 'research',
    })
    expect(result).toMatchObject({ images: 6, classes: { healthy: 3, tuberculosis: 3 } })
    expect(JSON.parse(readFileSync(join(out, 'classes.json'), 'utf8'))).toMatchObject({
      labelling: 'single',
      classes: [
        { id: 'healthy', finding: false },
        { id: 'tuberculosis', finding: true },
      ],
    })
    const { records } = readFolder(out)
    expect(records.map((r) => r.classB)).toEqual(expect.arrayContaining(['healthy', 'tuberculosis']))
    // A folder does not tell whose images they are, and the check says what follows from it.
    expect(records.map((r) => r.patient)).toEqual(Array(6).fill(undefined))
    expect(new Set(records.map((r) => r.group)).size).toBeGreaterThan(1)
    expect(printCheck(await checkData(out))).toContain(
      "the patient of 6 images is not known: each counts as another patient's",
    )
  })

  it.each([
    ['accession_number', 'ACC-42', 'ACC-43'],
    ['uid', '2.25.1111', '2.25.3334'],
  ])('takes DICOM files whose labels go by %s, with patients as digests', async (column, one, other) => {
    const images = folder(`dicom-${column}`)
    writeFileSync(join(images, 'a'), chestDicom())
    const second = chestDicom(80, {
      '00080018': ['UI', '2.25.3334'],
      '0020000d': ['UI', '2.25.1112'],
      '00080050': ['SH', 'ACC-43'],
      '00185101': ['CS', 'PA'],
      '00101010': ['AS', '058Y'],
    })
    writeFileSync(join(images, 'b.dcm'), second)
    writeFileSync(
      join(images, 'lateral.dcm'),
      chestDicom(80, { '00080018': ['UI', '2.25.3335'], '00185101': ['CS', 'LL'] }),
    )
    writeFileSync(join(images, 'README'), 'no picture')
    const labels = join(dir, `${column}.csv`)
    writeFileSync(labels, `${column};label\n${one};normal\n${other};silicosis\n`)
    const out = folder(`dicom-${column}-out`)
    await importData({ sources: [{ source: 'dicom', labels, images }], out, licences: 'research' })
    const { records } = readFolder(out)
    expect(records.map((r) => [r.classB, r.view, r.age])).toEqual([
      ['normal', 'unknown', undefined],
      ['silicosis', 'PA', 58],
    ])
    expect(records[0]!.group).toBe(records[1]!.group) // one patient
    expect(readFileSync(join(out, 'manifest.csv'), 'utf8')).not.toContain('PAT-0815')
  })
})

describe('COVIDx', () => {
  const read = (...lines: string[]) => {
    const path = join(dir, 'covidx.txt')
    writeFileSync(path, lines.join('\n'))
    return readCovidxLabels(path).map((r) => [r.patient, r.image, r.classB, r.dataset])
  }

  it('reads the forms of its versions: three columns or four, a patient with a space, two classes or grades', () => {
    expect(
      read(
        '3 SARS-Fig8a-day0.jpeg pneumonia',
        '3 SARS-Fig8a-day0.jpeg pneumonia',
        'COVID 70 COVID(70).png COVID-19 sirm',
        'COVID_71 COVID(71).png COVID-19 sirm',
        'ANON191 CR.1.2.840.png positive actmed',
        'COVID-00001 COVID-00001.jpg negative fig1',
        'SITE2-000061 MIDRC-1.png level2 ricord',
      ),
    ).toEqual([
      ['covidx:3', 'SARS-Fig8a-day0.jpeg', 'pneumonia', 'covidx'],
      ['covidx:COVID_70', 'COVID(70).png', 'covid19', 'sirm'],
      ['covidx:COVID_71', 'COVID(71).png', 'covid19', 'sirm'],
      ['covidx:ANON191', 'CR.1.2.840.png', 'covid19', 'actualmed'],
      ['covidx:COVID-00001', 'COVID-00001.jpg', 'no_covid19', 'figure1'],
      ['covidx:SITE2-000061', 'MIDRC-1.png', 'level2', 'ricord'],
    ])
  })

  it('names the line that it cannot read', () => {
    expect(() => read('1 a.png normal', '2 b.png flu')).toThrow(
      'line 2: "2 b.png flu" is not PATIENT FILE CLASS',
    )
  })
})
