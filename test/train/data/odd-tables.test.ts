import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodePng } from '@detl/core/image/png-encode'
import { phantom } from '@detl/core/phantom/phantom'
import { checkData } from '@detl/train/data/check'
import { readDataSet } from '@detl/train/data/data-set'
import { type ImportResult, importData, type SourceName } from '@detl/train/data/import'
import { readFolder } from '@detl/train/data/sources/folder'
import { afterAll, describe, expect, it } from 'vitest'
import { chestDicom } from '../../support/chest-dicom.ts'
import { phantomPng } from '../phantom-classes.ts'

const dir = mkdtempSync(join(tmpdir(), 'detl-odd-tables-'))
afterAll(() => rmSync(dir, { recursive: true }))

const pictures = await Promise.all([1, 2, 3, 4].map((seed) => phantomPng(seed, [])))
let folders = 0

/** A folder of files, imported: what came of it, and where. */
async function imported(
  source: SourceName,
  files: Record<string, Uint8Array | string>,
  before: Record<string, string> = {},
): Promise<{ result: ImportResult; out: string }> {
  const [images, out] = [join(dir, `${++folders}`), join(dir, `${folders}-out`)]
  for (const [folder, content] of [
    [images, files],
    [out, before],
  ] as const)
    for (const [name, bytes] of Object.entries(content)) {
      mkdirSync(join(folder, name, '..'), { recursive: true })
      writeFileSync(join(folder, name), bytes)
    }
  const sources = [{ source, labels: source === 'classes' ? images : join(images, 'labels.csv'), images }]
  return { result: await importData({ sources, out, licences: 'research' }), out }
}
const table = (text: string | Uint8Array, files: Record<string, Uint8Array> = {}) =>
  imported('csv', {
    'labels.csv': text,
    ...Object.fromEntries(pictures.map((bytes, i) => [`${'abcd'[i]}.png`, bytes])),
    ...files,
  })

describe('names of classes', () => {
  it('that differ in a sign, or are in other letters, stay classes of their own', async () => {
    const names = ['TB+', 'TB-', '正常', '肺炎'] as const
    const files = Object.fromEntries(names.map((name, i) => [`${name}/${i}.png`, pictures[i]!]))
    const { out } = await imported('classes', files)
    const { list, records } = readFolder(out)
    expect(list.classes.map(({ name }) => name.en).sort()).toEqual([...names].sort())
    const nameOf = new Map(list.classes.map(({ id, name }) => [id, name.en]))
    for (const { file, classB } of records) expect(file).toContain(`/${nameOf.get(classB!)}/`)
  })

  it('that differ in capitals and in what is between their words are one class; German letters stay readable', async () => {
    const { result } = await table('file,label\na.png,ohne Befund\nb.png,Ohne-Befund\nc.png,Lungenödem\n')
    expect(result.classes).toEqual({ ohne_befund: 2, lungenoedem: 1 })
  })

  it('that would be one identifier in two folders are not joined without a word', () => {
    const folders = ['TB+', 'TB-'].map((name, i) => {
      const folder = `joined-${i}`
      mkdirSync(join(dir, folder))
      writeFileSync(join(dir, folder, 'a.png'), pictures[i]!)
      writeFileSync(join(dir, folder, 'b.png'), pictures[i + 2]!)
      writeFileSync(join(dir, folder, 'manifest.csv'), `file,label\na.png,normal\nb.png,${name}\n`)
      return { dir: folder }
    })
    writeFileSync(join(dir, 'joined.json'), JSON.stringify({ folders }))
    expect(() => readDataSet(join(dir, 'joined.json'))).toThrow(
      '"TB+" of one folder and "TB-" of another would both be tb: say what the classes are in a classes.json',
    )
  })

  it('that the class list of the folder does not have are refused, and nothing is written', async () => {
    const classes = ['normal', 'tb'].map((id) => ({ id, finding: id === 'tb', name: { en: id } }))
    const files = { 'normal/a.png': pictures[0]!, 'silicosis/b.png': pictures[1]! }
    const before = { 'classes.json': JSON.stringify({ classes }) }
    await expect(imported('classes', files, before)).rejects.toThrow(
      /classes\.json: "silicosis" is no class; known: normal, tb\. Add it there, or delete that file/,
    )
    expect(existsSync(join(dir, `${folders}-out`, 'manifest.csv'))).toBe(false)
  })

  it('cannot be "none", which says that an image is of no class', async () => {
    const files = { 'none/a.png': pictures[0]!, 'tb/b.png': pictures[1]! }
    await expect(imported('classes', files)).rejects.toThrow('call the folder otherwise')
  })
})

describe('a picture that is there twice', () => {
  it('is left out and named where its labels differ', async () => {
    const { result, out } = await table('file,label\na.png,tb\nagain.png,normal\nb.png,tb\nc.png,normal\n', {
      'again.png': pictures[0]!,
    })
    expect(result).toMatchObject({ images: 2, duplicates: 1, classes: { tb: 1, normal: 1 } })
    expect(result.contradictory.map((files) => files.map((file) => file.slice(-9)))).toEqual([
      [expect.stringContaining('a.png'), 'again.png'],
    ])
    expect((await checkData(out)).images).toBe(2)
  })

  it('is a fault of a table of one’s own where a copy of it is in another group', async () => {
    const own = join(dir, 'own')
    mkdirSync(own)
    for (const [i, bytes] of pictures.entries()) writeFileSync(join(own, `${i}.png`), bytes)
    const { image } = phantom({ seed: 1, width: 72, height: 72, lesions: [] })
    const darker = image.data.map((v) => Math.round(v * 12))
    writeFileSync(
      join(own, 'copy.png'),
      await encodePng({ width: 72, height: 72, channels: 1, data: darker }),
    )
    const table = (patient: string) =>
      writeFileSync(
        join(own, 'manifest.csv'),
        `file,label,patient\n0.png,tb,A\n1.png,normal,B\n2.png,tb,C\n3.png,normal,D\ncopy.png,tb,${patient}\n`,
      )
    const looks = async () => (await checkData(own)).faults.filter(({ column }) => column === 'group_id')
    table('E')
    expect(await looks()).toMatchObject([
      {
        row: 5,
        text: expect.stringContaining('copy.png looks like 0.png (row 1), which is in another group'),
      },
    ])
    table('A')
    expect(await looks()).toEqual([])
  })

  it('joins the patients that it is said to be of', async () => {
    const rows = ['a.png,tb,P1', 'again.png,tb,P2', 'b.png,tb,P2', 'c.png,normal,P3', 'd.png,normal,P1']
    const { out } = await table(`file,label,patient\n${rows.join('\n')}\n`, { 'again.png': pictures[0]! })
    const groups = readFolder(out).records.map((r) => r.group)
    expect([groups[1], groups[3]]).toEqual([groups[0], groups[0]]) // P1 and P2
    expect(groups[2]).not.toBe(groups[0])
  })
})

describe('a table', () => {
  it.each([
    [
      'a comma that is in no quotes',
      'file,label,patient\na.png,oedema, left,P1\n',
      /row 1: 4 cells under 3 headings/,
    ],
    ['a column twice', 'file,label,label\na.png,tb,normal\n', /two columns are called "label"/],
    ['an encoding of old spreadsheets', Buffer.from('file;label\na.png;Ödem\n', 'latin1'), /is not in UTF-8/],
    ['a quote that does not end', 'file,label\n"a.png,tb\n', /labels\.csv is no table of cells/],
  ])('with %s is refused by name', async (_, text, message) => {
    await expect(table(text)).rejects.toThrow(message)
  })

  it('may have a mark of byte order, and ends of lines of any kind', async () => {
    const { result } = await table('\ufefffile;label;age\r\na.png;tb;058Y\r\nb.png;"normal";412;;\r\n')
    expect(result.classes).toEqual({ tb: 1, normal: 1 })
  })
})

describe('labels of DICOM files', () => {
  const dicom = (labels: string, header: Parameters<typeof chestDicom>[1] = {}) =>
    imported('dicom', { 'labels.csv': labels, a: chestDicom(80, header) })

  it('are refused where one study has two', async () => {
    await expect(dicom('accession_number,label\nACC-42,normal\nACC-42,tb\n')).rejects.toThrow(
      'row 2, column label: accession_number ACC-42 is "normal" in a row above, here "tb"',
    )
  })

  it('without a number are not those of a file without one', async () => {
    const none = { '00080050': ['SH', ''] } as const
    await expect(dicom('accession_number,label\n,tb\nACC-1,normal\n', { ...none })).rejects.toThrow(
      'no image of',
    )
  })

  it('of one hospital in several folders are of the same patients', async () => {
    const sources = ['2019', '2020'].map((year, i) => {
      const images = join(dir, year)
      mkdirSync(images)
      const uid = `2.25.${i + 7}`
      writeFileSync(
        join(images, 'a'),
        chestDicom(80 + i, { '00080018': ['UI', uid], '0020000d': ['UI', uid] }),
      )
      writeFileSync(join(images, 'labels.csv'), `uid,label\n${uid},${i === 0 ? 'normal' : 'tb'}\n`)
      return { source: 'dicom', labels: join(images, 'labels.csv'), images } as const
    })
    const out = join(dir, 'years')
    await importData({ sources, out, licences: 'research' })
    const [first, second] = readFolder(out).records
    expect(second!.group).toBe(first!.group)
    expect(readFileSync(join(out, 'manifest.csv'), 'utf8')).not.toContain('PAT-0815')
  })
})
