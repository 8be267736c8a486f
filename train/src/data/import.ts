import { createHash } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { basename, join, parse, relative } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { decodeImage } from '@detl/core/image/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { type ClassList, idsOf, PAPER_LIST } from '@detl/core/model/class-list'
import { writeWhole } from '../files.ts'
import { CLASSES_FILE, classListBeside, classListOf, classTextIn } from './class-names.ts'
import { filesBelow } from './files-below.ts'
import { joinGroups } from './groups.ts'
import { IMAGE_FILE } from './image-files.ts'
import { type Fingerprint, fingerprint, nearDuplicates } from './near-duplicates.ts'
import { readRegular } from './regular-file.ts'
import { readCohenLabels, readFigure1Labels } from './sources/covid.ts'
import { readCovidxLabels } from './sources/covidx.ts'
import { readDicomFolder } from './sources/dicom.ts'
import { readFolderLabels } from './sources/folder.ts'
import type { SourceRow } from './sources/labels.ts'
import { readNihBoxes, readNihLabels } from './sources/nih.ts'
import { readClassFolders, readTable } from './sources/table.ts'

/** What can be imported, by name: label file and image folder → rows. */
export const SOURCES = {
  csv: readTable,
  dicom: readDicomFolder,
  classes: (_: string, images: string) => readClassFolders(images),
  covidx: readCovidxLabels,
  nih: readNihLabels,
  cohen: readCohenLabels,
  figure1: (path: string) => readFigure1Labels(path, 'figure1'),
  actualmed: (path: string) => readFigure1Labels(path, 'actualmed'),
  folder: readFolderLabels,
} as const satisfies Record<string, (labels: string, images: string) => SourceRow[] | Promise<SourceRow[]>>
export type SourceName = keyof typeof SOURCES

export type ImportOptions = {
  /** Label file and image folder of each source, in the sources' own formats. */
  sources: { source: SourceName; labels: string; images: string }[]
  /** NIH's BBox_List_2017.csv: becomes nih_boxes.csv, in pixels of the files at hand. */
  boxes?: string
  /** Folder that gets manifest.csv; image paths are relative to it. */
  out: string
  /** `permissive` leaves out images whose licence forbids commercial use or derivatives, or is not stated. */
  licences: 'permissive' | 'research'
  onImages?: (done: number) => void
}

export type ImportResult = {
  images: number
  withoutFile: number
  undecodable: string[]
  /** What lies there with a name that is not UTF-8 (`filesBelow`). */
  misnamed: string[]
  licence: number
  /** Files whose bytes another one has too; written once. */
  duplicates: number
  /** Files with the same bytes under different labels: none of them is imported. */
  contradictory: string[][]
  /** Of imported images. */
  boxes: number
  /** Images by class; those without one count as `not labelled`. */
  classes: Record<string, number>
}

type ImportedRow = SourceRow & {
  /** Where it lies. */
  path: string
  file: string
  sha256: string
  width: number
  height: number
  print: Fingerprint
  /** Number of the first row with the same bytes. */
  twin?: number
}

/**
 * Label files and images of the sources → one manifest.csv, grouped by patient and near-duplicates. A file that is there twice is
 * written once, and joins the patients that it is said to be of; under two labels it is left out.
 * @throws Error where `out` has a class list that a label is not in; nothing is then written
 */
export async function importData(options: ImportOptions): Promise<ImportResult> {
  const result: ImportResult = {
    images: 0,
    withoutFile: 0,
    undecodable: [],
    misnamed: [],
    licence: 0,
    duplicates: 0,
    contradictory: [],
    boxes: 0,
    classes: {},
  }
  const read = await readRows(options, result)
  const own = join(options.out, CLASSES_FILE)
  const list = classListBeside(own) ?? classListOf(read.flatMap((r) => r.classB ?? []))
  const groups = joinGroups(
    read.map((r, i) => r.patient ?? `row ${i}, of nobody known`),
    [
      ...nearDuplicates(read.map((r) => r.print)),
      ...sameGroup(read),
      ...read.flatMap(({ twin }, i): [number, number][] => (twin === undefined ? [] : [[twin, i]])),
    ],
  )
  const labelled = read.map((r, i) => ({
    ...r,
    group: `g${groups[i]}`,
    classB: classIn(r.classB, list, own),
  }))
  const { agreed: rows, contradictory } = byContent(labelled)
  result.contradictory = contradictory
  result.duplicates = read.filter(({ twin }) => twin !== undefined).length
  result.classes = countBy(rows)
  mkdirSync(options.out, { recursive: true })
  writeWhole(join(options.out, 'manifest.csv'), manifestOf(rows))
  // Names and codes that somebody has given the classes stay.
  if (!existsSync(own) && list.classes.some(({ id }) => !isPaperClass(id)))
    writeWhole(own, `${JSON.stringify(list, null, 2)}\n`)
  result.images = rows.length
  if (options.boxes) result.boxes = writeBoxes(options.boxes, rows, options.out)
  return result
}

/** Every row that has an image; `result` counts what is passed over. */
async function readRows(options: ImportOptions, result: ImportResult): Promise<ImportedRow[]> {
  const rows: ImportedRow[] = []
  const seen = new Map<string, number>()
  for (const { source, labels, images } of options.sources) {
    const below = filesBelow(images)
    result.misnamed.push(...below.misnamed)
    const files = byName(below.files)
    for (const row of await SOURCES[source](labels, images)) {
      const path = fileOf(images, row.image) ?? files.get(row.image) ?? files.get(parse(row.image).name)
      if (!path) {
        result.withoutFile++
        continue
      }
      if (options.licences === 'permissive' && !isPermissive(row.licence)) {
        result.licence++
        continue
      }
      const bytes = await readRegular(path)
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      const twin = seen.get(sha256)
      const place = { path, file: relative(options.out, path) }
      if (twin !== undefined) {
        rows.push({ ...rows[twin]!, ...row, ...place, twin })
        continue
      }
      try {
        const { image } = await decodeImage(bytes, { limits: DEFAULT_LIMITS, codecs })
        const { width, height } = image
        seen.set(sha256, rows.length)
        rows.push({ ...row, ...place, sha256, width, height, print: fingerprint(image) })
      } catch {
        result.undecodable.push(path) // reported by the caller, by name
      }
      options.onImages?.(rows.length)
    }
  }
  return rows
}

/** @param own class list that says what is known, where there is one */
function classIn(label: string | undefined, list: ClassList, own: string): string | undefined {
  try {
    return classTextIn(label, list)
  } catch (error) {
    throw new Error(`${own}: ${(error as Error).message}. Add it there, or delete that file`)
  }
}

/** Rows by what their files hold: one a file with all that its rows say of it, and apart from these the files that are said to be of several classes. */
function byContent(rows: readonly ImportedRow[]): { agreed: ImportedRow[]; contradictory: string[][] } {
  const files = new Map<string, ImportedRow[]>()
  for (const row of rows) files.set(row.sha256, [...(files.get(row.sha256) ?? []), row])
  const said = (twins: readonly ImportedRow[], column: 'classA' | 'classB') => [
    ...new Set(twins.flatMap((row) => row[column] ?? [])),
  ]
  const differ = (twins: readonly ImportedRow[]) =>
    said(twins, 'classA').length > 1 || said(twins, 'classB').length > 1
  const all = [...files.values()]
  return {
    agreed: all
      .filter((twins) => !differ(twins))
      .map((twins) => {
        const { classA, classB } = twins.find((row) => row.classA ?? row.classB) ?? twins[0]!
        return { ...twins[0]!, classA, classB }
      }),
    contradictory: all.filter(differ).map((twins) => twins.map(({ path }) => path)),
  }
}

const HEADER =
  'file,dataset,patient_id,group_id,view,finding,class_a,label,age,sex,width,height,src_width,src_height,sha256,license,training_only'

const isPaperClass = (id: string): boolean => idsOf(PAPER_LIST).includes(id)

function countBy(rows: readonly Pick<ImportedRow, 'classB'>[]): Record<string, number> {
  const out: Record<string, number> = {}
  for (const { classB: name = 'not labelled' } of rows) out[name] = (out[name] ?? 0) + 1
  return out
}

function manifestOf(rows: readonly ImportedRow[]): string {
  const lines = rows.map((r) =>
    [
      r.file,
      r.dataset,
      r.patient,
      r.group,
      r.view,
      r.finding,
      r.classA,
      r.classB,
      r.age,
      r.sex,
      r.width,
      r.height,
      r.sourceWidth,
      r.sourceHeight,
      r.sha256,
      r.licence,
      r.trainingOnly ? 'yes' : '',
    ]
      .map(cell)
      .join(','),
  )
  return `${HEADER}\n${lines.join('\n')}\n`
}

/** Sources that have groups of their own keep them together. */
function sameGroup(rows: readonly { group?: string }[]): [number, number][] {
  const first = new Map<string, number>()
  return rows.flatMap(({ group }, i): [number, number][] => {
    if (group === undefined) return []
    const other = first.get(group)
    if (other === undefined) first.set(group, i)
    return other === undefined ? [] : [[other, i]]
  })
}

/** The file just as a source names it. */
function fileOf(images: string, name: string): string | undefined {
  const path = join(images, name)
  return existsSync(path) ? path : undefined
}

/** NIH gives boxes in pixels of its 1024 × 1024 images; the files here may be reduced copies. */
const NIH_SIDE = 1024

function writeBoxes(
  path: string,
  rows: readonly { image: string; file: string; width: number; height: number }[],
  out: string,
): number {
  const byImage = new Map(rows.map((r) => [r.image, r]))
  const lines = readNihBoxes(path).flatMap((b) => {
    const row = byImage.get(b.image)
    if (!row) return []
    const [sx, sy] = [row.width / NIH_SIDE, row.height / NIH_SIDE]
    const numbers = [b.x * sx, b.y * sy, b.width * sx, b.height * sy].map((v) => v.toFixed(1))
    return [[row.file, b.label, ...numbers].map(cell).join(',')]
  })
  writeWhole(join(out, 'nih_boxes.csv'), `${['file,label,x,y,w,h', ...lines].join('\n')}\n`)
  return lines.length
}

/** Named with and without extension: reduced copies often change the format. */
function byName(files: readonly string[]): Map<string, string> {
  const out = new Map<string, string>()
  for (const path of files) {
    if (!IMAGE_FILE.test(path)) continue
    out.set(basename(path), path)
    out.set(parse(path).name, path)
  }
  return out
}

/** CC0, CC BY, CC BY-SA, and NIH's unrestricted use; what is not stated is not permitted. */
export const isPermissive = (licence: string): boolean =>
  /unrestricted|cc0|public domain|^cc[ -]by([ -]sa)?([ -]\d.*)?$/i.test(licence.trim()) &&
  !/[- ](nc|nd)\b|states? no licen[cs]e/i.test(licence)

const cell = (value: string | number | undefined): string => {
  const text = String(value ?? '')
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
