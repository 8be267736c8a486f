import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { ClassList } from '@detl/core/model/class-list'
import { classIdOf, classListOf, classTextIn } from './class-names.ts'
import { type Row, readCsv } from './csv.ts'
import type { Fault } from './faults.ts'
import { joinPatients } from './groups.ts'
import type { ImageRecord } from './record.ts'
import { sexOf, viewOf } from './sources/labels.ts'

/** A column of manifest.csv: what it is for, and other names that people give it. */
type Column = { also?: readonly string[]; is: string }

/** All columns that are read. Only `file` must be there; others are passed over. docs/data.md lists the same. */
export const COLUMNS = {
  file: { also: ['image', 'filename', 'path'], is: 'path of the image, relative to the folder' },
  label: { also: ['class_b', 'class'], is: 'its class; several as a|b; empty: not labelled' },
  class_a: { is: 'normal or disease, for pretraining (Data-A)' },
  patient_id: { also: ['patient'], is: 'whose image it is; unique over all folders' },
  group_id: { also: ['group', 'study'], is: 'what must stay together besides images of one patient' },
  dataset: { also: ['source', 'site'], is: 'where it comes from; the name of the folder where absent' },
  view: { is: 'PA or AP' },
  finding: { is: "the source's own words" },
  age: { is: 'in years' },
  sex: { is: 'F or M' },
  width: { is: 'of the file, in pixels' },
  height: { is: 'of the file, in pixels' },
  src_width: { is: 'of the original, where the file is a reduced copy' },
  src_height: { is: 'of the original, where the file is a reduced copy' },
  sha256: { is: "of the file's bytes" },
  license: { also: ['licence'], is: 'as the source states it' },
  tier: { is: 'A, B …: a data set may ask for some' },
  training_only: { is: 'yes: never validated or tested on' },
} as const satisfies Record<string, Column>
type ColumnName = keyof typeof COLUMNS

/** A manifest as it was read: what could be read of it, and all that is wrong with it. */
export type ManifestRows = {
  path: string
  records: ImageRecord[]
  /** Row of each record in the table, from 1 on. */
  rows: number[]
  list: ClassList
  /** What cannot be used as it is. */
  faults: Fault[]
  /** What was passed over, because it only describes: an age or a view that is none counts as unknown. */
  remarks: Fault[]
  /** Of how many images something was computed that the table does not say. */
  computed: { sha256: number; group: number; patient: number }
}

export type ManifestOptions = {
  /** Folder that the files lie in. */
  root: string
  /** What the classes are; derived of the labels where undefined. */
  list: ClassList | undefined
}

/** Reads a table of images. It never stops at a fault: `faults` has them all. */
export function readManifest(path: string, { root, list: given }: ManifestOptions): ManifestRows {
  const table = readCsv(path).map(byColumn)
  const list = given ?? classListOf(table.flatMap((cells) => cells.label ?? []))
  const out: ManifestRows = {
    path,
    records: [],
    rows: [],
    list,
    faults: [],
    remarks: [],
    computed: { sha256: 0, group: 0, patient: 0 },
  }
  const first = table[0]
  if (!first) out.faults.push({ path, text: 'it has no row' })
  else if (!('file' in first))
    out.faults.push({
      path,
      column: 'file',
      text: `there is no such column; there are ${Object.keys(first).join(', ')}`,
    })
  else for (const [i, cells] of table.entries()) readRow(cells, { path, row: i + 1, root, out })
  return { ...out, records: joinPatients(out.records) }
}

type Cells = Partial<Record<ColumnName, string>>

/** Cells by the names that are used here, trimmed; empty ones are absent but for `file`, which is looked for. */
function byColumn(row: Row): Cells {
  const out: Cells = {}
  const names = new Map(Object.keys(row).map((name) => [name.trim().toLowerCase(), name]))
  for (const [column, { also = [] }] of Object.entries(COLUMNS) as [ColumnName, Column][]) {
    const found = [column, ...also].find((name) => names.has(name))
    if (found === undefined) continue
    const value = row[names.get(found)!]?.trim() ?? ''
    if (value !== '' || column === 'file') out[column] = value
  }
  return out
}

/** What only subgroups of the report are made by. */
const DESCRIPTIVE: ReadonlySet<ColumnName> = new Set(['view', 'age', 'sex', 'src_width', 'src_height'])

type Place = { path: string; row: number; root: string; out: ManifestRows }

function readRow(cells: Cells, { path, row, root, out }: Place): void {
  const fault = (column: ColumnName, text: string) => out.faults.push({ path, row, column, text })
  const read = <T>(column: ColumnName, parse: (text: string) => T): T | undefined => {
    const text = cells[column]
    if (text === undefined) return undefined
    try {
      return parse(text)
    } catch (error) {
      const to = DESCRIPTIVE.has(column) ? out.remarks : out.faults
      to.push({ path, row, column, text: (error as Error).message })
      return undefined
    }
  }
  const file = cells.file ?? ''
  if (file === '') return void fault('file', 'no value')
  const full = join(root, file)
  const sha256 = read('sha256', digestText) ?? computedDigest(full, out)
  if (sha256 === undefined) fault('file', `${file} is not there`)
  if (cells.group_id === undefined) out.computed.group++
  if (cells.patient_id === undefined) out.computed.patient++
  out.rows.push(row)
  out.records.push({
    file,
    path: full,
    dataset: cells.dataset ?? classIdOf(basename(root)),
    patient: cells.patient_id,
    group: cells.group_id ?? cells.patient_id ?? file,
    view: read('view', viewText) ?? 'unknown',
    finding: cells.finding ?? '',
    classA: read('class_a', oneOf('normal', 'disease')),
    classB: read('label', (text) => classTextIn(text, out.list)),
    age: read('age', yearsText),
    sex: read('sex', sexText),
    width: read('width', pixelsText),
    height: read('height', pixelsText),
    sourceWidth: read('src_width', pixelsText),
    sourceHeight: read('src_height', pixelsText),
    sha256: sha256 ?? '',
    licence: cells.license ?? '',
    tier: cells.tier,
    trainingOnly: read('training_only', yesOrNo) ?? false,
  })
}

/** A file that a table does not name the digest of. */
function computedDigest(path: string, { computed }: ManifestRows): string | undefined {
  if (!existsSync(path)) return undefined
  computed.sha256++
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

const wrong = (text: string, accepted: string) => new Error(`"${text}" is not accepted; ${accepted} is`)

const oneOf =
  <T extends string>(...known: readonly T[]) =>
  (text: string): T => {
    const found = known.find((one) => one.toLowerCase() === text.toLowerCase())
    if (found === undefined) throw wrong(text, known.join(' or '))
    return found
  }

function digestText(text: string): string {
  if (!/^[0-9a-f]{64}$/i.test(text)) throw wrong(text, 'a SHA-256 of 64 hexadecimal digits')
  return text.toLowerCase()
}

function yesOrNo(text: string): boolean {
  if (/^(1|yes|true)$/i.test(text)) return true
  if (/^(0|no|false)$/i.test(text)) return false
  throw wrong(text, 'yes or no')
}

function pixelsText(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw wrong(text, 'a whole number of pixels')
  return value
}

function yearsText(text: string): number {
  const value = Number(text.replace(/^0*(\d+)Y$/i, '$1')) // DICOM writes 058Y
  if (!(value >= 0 && value <= 130)) throw wrong(text, 'an age in years')
  return value
}

function sexText(text: string): 'F' | 'M' | undefined {
  const found = sexOf(text)
  if (found === undefined && !/^(u|o|unknown|other)$/i.test(text)) throw wrong(text, 'F or M')
  return found
}

const viewText = (text: string): ImageRecord['view'] => {
  const view = viewOf(text)
  if (view === 'unknown' && !/^unknown$/i.test(text)) throw wrong(text, 'PA, AP or unknown')
  return view
}
