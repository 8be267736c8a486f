import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { parseDicom } from '@detl/core/image/dicom/parse'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { classIdOf } from '../class-names.ts'
import { readCsv } from '../csv.ts'
import { DataFaults, type Fault } from '../faults.ts'
import { filesBelow } from '../files-below.ts'
import { type SourceRow, sexOf, viewOf } from './labels.ts'
import { UNKNOWN } from './table.ts'

/** Columns that say which images a label is of, and the attribute that they are held against (PS3.6). */
const KEYS = {
  sop_instance_uid: 'x00080018',
  series_instance_uid: 'x0020000e',
  study_instance_uid: 'x0020000d',
  accession_number: 'x00080050',
  accession: 'x00080050',
  uid: undefined, // any of the three UIDs
} as const

/** Digits of the digest that stands for a patient: the identifier itself is not written into a manifest. */
const PATIENT_DIGITS = 16
/** Radiographs; a study may hold other objects too. */
const RADIOGRAPHS = new Set(['CR', 'DX', 'RG', 'XR', ''])

/**
 * A folder of DICOM files, and a table with a column `label` and one of accession number, study, series or SOP instance UID. Lateral
 * views and objects that are no radiograph are passed over.
 * @throws where the table has no such column, or no image of the folder is in it
 */
export async function readDicomFolder(labels: string, images: string): Promise<SourceRow[]> {
  const table = readCsv(labels).map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name.trim().toLowerCase(), value?.trim() ?? '']),
    ),
  )
  const key = (Object.keys(KEYS) as (keyof typeof KEYS)[]).find((name) => table[0] && name in table[0])
  if (key === undefined || !table[0] || !('label' in table[0]))
    throw new Error(`${labels} needs the columns label and one of ${Object.keys(KEYS).join(', ')}`)
  const labelOf = labelsBy(key, table, labels)
  const rows: SourceRow[] = []
  for (const path of filesBelow(images).files) {
    const header = await headerOf(path)
    if (!header) continue
    const names = KEYS[key]
      ? [header(KEYS[key])]
      : [KEYS.sop_instance_uid, KEYS.series_instance_uid, KEYS.study_instance_uid].map(header)
    const label = names.map((name) => labelOf.get(name)).find((one) => one !== undefined)
    const view = viewOf(header('x00185101'))
    if (label === undefined || view === 'lateral' || !RADIOGRAPHS.has(header('x00080060'))) continue
    const dataset = classIdOf(
      images
        .replace(/[/\\]+$/, '')
        .split(/[/\\]/)
        .at(-1) || 'dicom',
    )
    const patient = header('x00100020')
    rows.push({
      ...UNKNOWN,
      image: relative(images, path),
      dataset,
      // Without the folder's name: a hospital's patients are in the folder of each year.
      patient: patient === '' ? undefined : `dicom/${digest(patient)}`,
      group: `dicom/${header(KEYS.study_instance_uid)}`,
      view,
      classB: label,
      age: yearsOf(header('x00101010')),
      sex: sexOf(header('x00100040')),
    })
  }
  rows.sort((a, b) => (a.image < b.image ? -1 : 1)) // a file system has no order
  if (rows.length === 0) throw new Error(`no image of ${images} is in ${labels}, by its column ${key}`)
  return rows
}

/** Labels by key. Rows without a key are passed over: a file that has none either is not theirs. @throws where one key has two labels */
function labelsBy(key: string, table: readonly Record<string, string>[], path: string): Map<string, string> {
  const out = new Map<string, string>()
  const faults: Fault[] = []
  for (const [i, row] of table.entries()) {
    const [value, label] = [row[key]!, row.label!]
    const other = out.get(value)
    if (other !== undefined && other !== label)
      faults.push({
        path,
        row: i + 1,
        column: 'label',
        text: `${key} ${value} is "${other}" in a row above, here "${label}"`,
      })
    else if (value !== '') out.set(value, label)
  }
  if (faults.length > 0) throw new DataFaults(faults)
  return out
}

/** The attributes of a DICOM file, trimmed, '' where absent; undefined where the file is none. */
async function headerOf(path: string): Promise<((tag: string) => string) | undefined> {
  try {
    const { dataSet } = await parseDicom(await readFile(path), DEFAULT_LIMITS)
    return (tag) => dataSet.string(tag)?.trim() ?? ''
  } catch {
    return undefined // not a DICOM file: a folder may hold a README or a DICOMDIR too
  }
}

const digest = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, PATIENT_DIGITS)

function yearsOf(age: string): number | undefined {
  const [, number, unit] = /^(\d{3})([DWMY])$/.exec(age) ?? []
  return number === undefined
    ? undefined
    : Math.floor(Number(number) / { D: 365, W: 52, M: 12, Y: 1 }[unit as 'Y'])
}
