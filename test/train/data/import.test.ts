import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodePng } from '@detl/core/image/png-encode'
import { phantom } from '@detl/core/phantom/phantom'
import { joinGroups } from '@detl/train/data/groups'
import { importData, isPermissive } from '@detl/train/data/import'
import { fingerprint, nearDuplicates } from '@detl/train/data/near-duplicates'
import { readCohenLabels, readFigure1Labels } from '@detl/train/data/sources/covid'
import { readFolder } from '@detl/train/data/sources/folder'
import { readNihBoxes, readNihLabels } from '@detl/train/data/sources/nih'
import { rngOf } from '@detl/train/rng'
import { afterAll, describe, expect, it } from 'vitest'
import { sharedDir } from '../../support/shared.ts'

const dir = mkdtempSync(join(tmpdir(), 'detl-import-'))
afterAll(() => rmSync(dir, { recursive: true }))

/** A picture of its own for each seed, the same at every size: a sum of waves. */
function picture(seed: number, width: number) {
  const rng = rngOf('picture', seed)
  const waves = Array.from({ length: 6 }, () => [1 + 4 * rng(), 1 + 4 * rng(), 6.28 * rng()] as const)
  const data = new Uint16Array(width * width)
  for (let i = 0; i < data.length; i++) {
    const [u, v] = [((i % width) + 0.5) / width, (Math.floor(i / width) + 0.5) / width]
    data[i] = 2048 + waves.reduce((sum, [a, b, c]) => sum + 300 * Math.cos(6.28 * (a * u + b * v) + c), 0)
  }
  return { width, height: width, bits: 12, data }
}
const png = (seed: number, width: number) => {
  const { data, ...size } = picture(seed, width)
  return encodePng({ width: size.width, height: size.height, channels: 1, data: data.map((v) => v * 16) })
}

describe('importData', () => {
  it('reads NIH and Cohen labels into one manifest, grouped by patient and near-duplicates, each file once', async () => {
    const [nih, cohen] = [join(dir, 'nih'), join(dir, 'cohen')]
    for (const d of [nih, cohen]) mkdirSync(d)
    writeFileSync(join(nih, '00000001_000.png'), await png(1, 96))
    writeFileSync(join(nih, '00000001_001.png'), await png(2, 96))
    writeFileSync(join(nih, '00000002_000.png'), await png(9, 96))
    copyFileSync(join(nih, '00000002_000.png'), join(nih, '00000003_000.png'))
    writeFileSync(join(cohen, 'a.png'), await png(9, 144)) // the same picture, enlarged, under another name
    writeFileSync(join(cohen, 'broken.png'), 'not an image')
    const nihCsv = join(dir, 'Data_Entry_2017.csv')
    writeFileSync(
      nihCsv,
      `Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]
00000001_000.png,No Finding,0,1,58,M,PA,2682,2749,0.143,0.143
00000001_001.png,Effusion|Mass,1,1,58,M,AP,2682,2749,0.143,0.143
00000002_000.png,Pneumonia,0,2,411,F,PA,2682,2749,0.143,0.143
00000003_000.png,Hernia,0,3,40,F,PA,2682,2749,0.143,0.143
00000004_000.png,Hernia,0,4,40,F,PA,2682,2749,0.143,0.143
`,
    )
    const cohenCsv = join(dir, 'metadata.csv')
    writeFileSync(
      cohenCsv,
      'patientid,sex,age,finding,view,modality,filename,license\n7,F,61,COVID-19,AP Supine,X-ray,a.png,CC BY-NC-SA\n8,F,61,COVID-19,PA,CT,ct.png,CC0\n9,F,61,SARS,PA,X-ray,broken.png,CC0\n',
    )
    const sources = [
      { source: 'nih' as const, labels: nihCsv, images: nih },
      { source: 'cohen' as const, labels: cohenCsv, images: cohen },
    ]
    const boxes = join(dir, 'BBox_List_2017.csv')
    writeFileSync(
      boxes,
      'Image Index,Finding Label,Bbox [x,y,w,h],,,\n00000001_001.png,Mass,512,256,128,64,,,\n00009999_000.png,Mass,1,1,1,1,,,\n',
    )
    const result = await importData({ sources, out: dir, licences: 'research', boxes })
    expect(result).toEqual({
      images: 4,
      withoutFile: 1,
      undecodable: [join(cohen, 'broken.png')],
      misnamed: [],
      licence: 0,
      duplicates: 1,
      contradictory: [],
      boxes: 1,
      classes: { normal: 1, other_disease: 1, pneumonia: 1, covid19: 1 },
    })
    expect(readFileSync(join(dir, 'nih_boxes.csv'), 'utf8')).toBe(
      'file,label,x,y,w,h\nnih/00000001_001.png,Mass,48.0,24.0,12.0,6.0\n',
    )
    const records = readFolder(dir).records
    expect(records.map((r) => [r.dataset, r.classA, r.classB, r.view, r.age])).toEqual([
      ['nih', 'normal', 'normal', 'PA', 58],
      ['nih', 'disease', 'other_disease', 'AP', 58],
      ['nih', undefined, 'pneumonia', 'PA', undefined],
      ['cohen', undefined, 'covid19', 'AP', 61],
    ])
    const groups = records.map((r) => r.group)
    expect(groups[0]).toBe(groups[1]) // one patient
    expect(groups[2]).toBe(groups[3]) // one picture
    expect(groups[0]).not.toBe(groups[2])

    const permissive = await importData({ sources, out: dir, licences: 'permissive' })
    expect(permissive).toMatchObject({ images: 3, licence: 1 })

    const again = join(dir, 'again')
    mkdirSync(again)
    await importData({ sources, out: dir, licences: 'research' })
    const own = [{ source: 'folder' as const, labels: join(dir, 'manifest.csv'), images: dir }]
    const filtered = await importData({ sources: own, out: again, licences: 'permissive' })
    expect(filtered).toMatchObject({ images: 3, licence: 1 })
    const kept = readFolder(again).records
    expect(kept.map((r) => [r.dataset, r.classB, r.sha256])).toEqual(
      records.slice(0, 3).map((r) => [r.dataset, r.classB, r.sha256]),
    )
    expect(kept[0]!.group).toBe(kept[1]!.group)
  })
})

describe('isPermissive', () => {
  it.each([
    ['CC BY 4.0', true],
    ['CC0', true],
    ['NIH: unrestricted use, attribution asked', true],
    ['CC BY-SA', true],
    ['CC BY-NC-SA 4.0', false],
    ['CC BY-NC-ND', false],
    ['none stated in metadata.csv', false],
    ['NIH CXR: unrestricted use, attribution asked; repo states no licence', false],
    ['', false],
  ])('%s: %s', (licence, expected) => expect(isPermissive(licence)).toBe(expected))
})

describe('near-duplicates', () => {
  it('a picture and its enlarged copy match; another patient does not', () => {
    const prints = [fingerprint(picture(1, 64)), fingerprint(picture(1, 256)), fingerprint(picture(9, 64))]
    expect(nearDuplicates(prints)).toEqual([[0, 1]])
  })

  it('chests of different people do not match, the same chest in another exposure does', () => {
    const chests = Array.from(
      { length: 8 },
      (_, seed) => phantom({ seed, width: 160, height: 160, lesions: [] }).image,
    )
    const first = chests[0]!
    const full = 2 ** first.bits - 1
    const brighter = { ...first, data: first.data.map((v) => Math.round(full * (v / full) ** 0.7)) }
    expect(nearDuplicates([...chests, brighter].map(fingerprint))).toEqual([[0, 8]])
  })

  it('groups join over chains: patient to picture to patient', () => {
    expect(
      joinGroups(
        ['a', 'b', 'b', 'c', 'd'],
        [
          [0, 1],
          [2, 3],
        ],
      ),
    ).toEqual([0, 0, 0, 0, 4])
  })
})

const labels = join(sharedDir(), 'cxr', 'labels')
describe.skipIf(!existsSync(labels))("the sources' real label files", () => {
  it('NIH: 112,120 images of 30,805 patients, 60,361 without finding, 984 boxes', () => {
    const rows = readNihLabels(join(labels, 'Data_Entry_2017_v2020.csv.gz'))
    expect(rows).toHaveLength(112_120)
    expect(new Set(rows.map((r) => r.patient)).size).toBe(30_805)
    expect(rows.filter((r) => r.classB === 'normal')).toHaveLength(60_361)
    expect(readNihBoxes(join(labels, 'BBox_List_2017.csv.gz'))).toHaveLength(984)
  })

  it('agree with the classes of the manifest, image for image', () => {
    const known = new Map<string, string>()
    for (const r of readNihLabels(join(labels, 'Data_Entry_2017_v2020.csv.gz')))
      known.set(r.image.replace('.png', ''), `${r.classA}/${r.classB}`)
    for (const r of [
      ...readCohenLabels(join(labels, 'cohen_metadata_2020-08.csv')),
      ...readFigure1Labels(join(labels, 'figure1_metadata.csv')),
    ]) {
      known.set(r.image.replace(/\.[a-z]+$/i, ''), `${r.classB}`)
    }
    let compared = 0
    let different = 0
    for (const r of readFolder(join(sharedDir(), 'cxr')).records) {
      const name = r.file
        .split('/')
        .at(-1)!
        .replace(/\.[a-z]+$/i, '')
      const ours = known.get(name)
      if (!ours || r.dataset === 'nih64') continue
      compared++
      if (ours !== (r.dataset === 'nih' ? `${r.classA}/${r.classB}` : `${r.classB}`)) different++
    }
    expect(compared).toBeGreaterThan(2_700)
    expect(different / compared).toBeLessThan(0.01)
  })
})
