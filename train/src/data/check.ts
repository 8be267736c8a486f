import { createHash } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { decodeImage } from '@detl/core/image/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { type ClassList, idsOf } from '@detl/core/model/class-list'
import { CLASSES_FILE, classListBeside } from './class-names.ts'
import { type Fault, faultText } from './faults.ts'
import { type ManifestRows, readManifest } from './manifest.ts'
import { type Fingerprint, fingerprint, nearDuplicates } from './near-duplicates.ts'
import type { ImageRecord } from './record.ts'
import { readRegular } from './regular-file.ts'
import { lookIntoFolder } from './sources/folder.ts'
import { truthOf } from './truth.ts'

/** A data set as `detl data check` sees it. */
export type DataCheck = {
  images: number
  groups: number
  list: ClassList
  /** Images of each class that may be tested. */
  classes: Record<string, number>
  faults: Fault[]
  remarks: Fault[]
  computed: ManifestRows['computed']
}

/** Groups of a class, below which five folds cannot each test and validate it. */
const FEWEST_GROUPS = 7

/**
 * Everything that is wrong with a data set, at once: its tables, then every file, then what the images are like together.
 * @param path a folder with manifest.csv, or a table
 */
export async function checkData(
  path: string,
  onImages: (done: number, total: number) => void = () => {},
): Promise<DataCheck> {
  const { list, tables } = tablesOf(path)
  const faults = tables.flatMap((t) => t.faults)
  const remarks = tables.flatMap((t) => t.remarks)
  const placed = tables.flatMap((t) =>
    t.records.map((record, k) => ({ record, at: { path: t.path, row: t.rows[k]! } })),
  )
  const seen: Seen[] = []
  for (const [i, one] of placed.entries()) {
    if (existsSync(one.record.path)) {
      const looked = await lookAt(one.record)
      faults.push(...looked.faults.map((fault) => ({ ...one.at, ...fault })))
      if (looked.print) seen.push({ ...one, print: looked.print })
    }
    onImages(i + 1, placed.length)
  }
  faults.push(
    ...twice(placed),
    ...apart(seen),
    ...scarce(
      placed.map((p) => p.record),
      list,
      path,
    ),
  )
  const records = placed.map((p) => p.record)
  return {
    images: records.length,
    groups: new Set(records.map((r) => r.group)).size,
    list,
    classes: countsOf(records, list),
    faults,
    remarks,
    computed: {
      sha256: sum(tables, 'sha256'),
      group: sum(tables, 'group'),
      patient: sum(tables, 'patient'),
    },
  }
}

const sum = (tables: readonly ManifestRows[], what: keyof ManifestRows['computed']): number =>
  tables.reduce((total, t) => total + t.computed[what], 0)

function tablesOf(path: string): { list: ClassList; tables: ManifestRows[] } {
  if (!existsSync(path)) throw new Error(`${path} is not there`)
  if (statSync(path).isDirectory()) return lookIntoFolder(path)
  const root = dirname(path)
  const table = readManifest(path, { root, list: classListBeside(join(root, CLASSES_FILE)) })
  return { list: table.list, tables: [table] }
}

/** What a file's bytes say against its row, and what the picture is recognised by. */
async function lookAt(
  record: ImageRecord,
): Promise<{ faults: Pick<Fault, 'column' | 'text'>[]; print?: Fingerprint }> {
  const bytes = await readRegular(record.path)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const out: Pick<Fault, 'column' | 'text'>[] = []
  if (record.sha256 !== '' && sha256 !== record.sha256)
    out.push({ column: 'sha256', text: `the file has ${sha256}: it was changed since` })
  try {
    const { image, source } = await decodeImage(bytes, { limits: DEFAULT_LIMITS, codecs })
    for (const side of ['width', 'height'] as const)
      if (record[side] !== undefined && record[side] !== source[side])
        out.push({ column: side, text: `${record[side]} pixels; the file has ${source[side]}` })
    return { faults: out, print: fingerprint(image) }
  } catch (error) {
    out.push({
      column: 'file',
      text: `${record.file} cannot be read as an image: ${(error as Error).message}`,
    })
  }
  return { faults: out }
}

type Placed = { record: ImageRecord; at: Pick<Fault, 'path' | 'row'> }
type Seen = Placed & { print: Fingerprint }

/** One picture in two groups, the same file or a copy in another size or exposure: one trains, the other tests. */
const apart = (seen: readonly Seen[]): Fault[] =>
  nearDuplicates(seen.map(({ print }) => print)).flatMap(([i, j]): Fault[] => {
    const [a, b] = [seen[i]!, seen[j]!]
    if (a.record.group === b.record.group || a.record.file === b.record.file) return []
    const text = `${b.record.file} looks like ${a.record.file} (row ${a.at.row}), which is in another group: test figures would be too good. Give both one group_id, or let \`detl data import\` join them`
    return [{ ...b.at, column: 'group_id', text }]
  })

/** One file twice, and one picture under two labels. */
function twice(placed: readonly Placed[]): Fault[] {
  const byFile = new Map<string, Placed>()
  const byContent = new Map<string, Placed>()
  return placed.flatMap(({ record, at }): Fault[] => {
    const [sameFile, same] = [byFile.get(record.file), byContent.get(record.sha256)]
    byFile.set(record.file, { record, at })
    if (record.sha256 !== '') byContent.set(record.sha256, { record, at })
    if (sameFile) return [{ ...at, column: 'file', text: `${record.file} is in row ${sameFile.at.row} too` }]
    if (!same || same.record.classB === record.classB) return []
    return [
      {
        ...at,
        column: 'label',
        text: `${record.file} is the same picture as ${same.record.file} (row ${same.at.row}), which is labelled ${same.record.classB ?? 'nothing'}, this one ${record.classB ?? 'nothing'}`,
      },
    ]
  })
}

/** Classes that are in the list and not in the data, or hardly: most often a slip of the pen in a label. */
function scarce(records: readonly ImageRecord[], list: ClassList, path: string): Fault[] {
  return idsOf(list).flatMap((id, c) => {
    const of = usable(records).filter((r) => truthOf(r.classB!, list)[c] === 1)
    const groups = new Set(of.map((r) => r.group)).size
    if (groups >= FEWEST_GROUPS) return []
    const text = `${id} has ${of.length} images of ${groups} groups; five folds need ${FEWEST_GROUPS} at least. Is it a slip in a label?`
    return [{ path, column: 'label', text }]
  })
}

const usable = (records: readonly ImageRecord[]): ImageRecord[] =>
  records.filter((r) => r.classB !== undefined && !r.trainingOnly)

const countsOf = (records: readonly ImageRecord[], list: ClassList): Record<string, number> =>
  Object.fromEntries(
    idsOf(list).map((id, c) => [id, usable(records).filter((r) => truthOf(r.classB!, list)[c] === 1).length]),
  )

const unknownPatients = (n: number) =>
  `the patient of ${n} images is not known: each counts as another patient's, and test figures are too good where that is not so`

export function printCheck({ images, groups, list, classes, faults, remarks, computed }: DataCheck): string {
  const kind = list.labelling === 'multi' ? 'an image may be of several' : 'an image is of one'
  return [
    `${images} images in ${groups} groups; ${list.classes.length} classes, ${kind}:`,
    ...Object.entries(classes).map(([id, n]) => `  ${String(n).padStart(6)}  ${id}`),
    `computed: the sha256 of ${computed.sha256} files, the group of ${computed.group} images`,
    ...(computed.patient > 0 ? [unknownPatients(computed.patient)] : []),
    ...(remarks.length > 0
      ? [
          `${remarks.length} remarks: such values count as unknown`,
          ...remarks.map((r) => `  ${faultText(r)}`),
        ]
      : []),
    ...(faults.length > 0
      ? [`${faults.length} faults`, ...faults.map((f) => `  ${faultText(f)}`)]
      : ['no faults']),
  ].join('\n')
}
