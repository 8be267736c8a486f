import { isUtf8 } from 'node:buffer'
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { idsOf, PAPER_LIST } from '@detl/core/model/class-list'
import { classIdOf, classListBeside, NONE } from '../class-names.ts'
import { DataFaults } from '../faults.ts'
import { filesBelow } from '../files-below.ts'
import { IMAGE_FILE } from '../image-files.ts'
import { COLUMNS, readManifest } from '../manifest.ts'
import type { SourceRow } from './labels.ts'

/**
 * A table of files and labels, by the columns of a manifest (`COLUMNS`), of which only `file` and `label` need be there.
 * @param images folder that the files lie in
 * @throws DataFaults with all that is wrong with it
 */
export function readTable(path: string, images: string): SourceRow[] {
  const { records, list, faults } = readManifest(path, {
    root: images,
    list: classListBeside(`${images}/classes.json`),
  })
  if (faults.length > 0) throw new DataFaults(faults)
  // Every other column is passed over, so a table whose labels have another heading would be taken without any.
  if (!records.some(({ classA, classB }) => classA ?? classB))
    throw new DataFaults([
      {
        path,
        column: 'label',
        text: `no row has a class: a column "label" (also called ${COLUMNS.label.also.join(', ')}) or "class_a" is wanted`,
      },
    ])
  // As the table writes it, so that import can call the class so; the paper's classes have names of their own.
  const writtenOf = (id: string) =>
    idsOf(PAPER_LIST).includes(id) ? id : (list.classes.find((one) => one.id === id)?.name.en ?? id)
  return records.map((r) => ({
    ...r,
    image: r.file,
    classB: r.classB?.split('|').map(writtenOf).join('|'),
    ...(r.group !== r.file && { group: `${r.dataset}/${r.group}` }),
  }))
}

/** A folder for each class, named after it: `normal/1.png`, `tuberculosis/2.png`. Patients are not known. */
export function readClassFolders(root: string): SourceRow[] {
  const folders = readdirSync(root, { encoding: 'buffer', withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isUtf8(entry.name))
    .map(({ name }) => String(name))
  if (folders.length < 2)
    throw new Error(`${root} has ${folders.length} folders; it must have one for each class, two at least`)
  const reserved = folders.find((name) => name.includes('|') || name.toLowerCase() === NONE)
  if (reserved !== undefined)
    throw new Error(
      `${join(root, reserved)}: a label "${NONE}" says that an image is of no class, and "|" parts several; call the folder otherwise, for example normal`,
    )
  const rows = folders.flatMap((name) =>
    filesBelow(join(root, name))
      .files.filter((file) => IMAGE_FILE.test(file))
      .map((file) => ({
        ...UNKNOWN,
        image: relative(root, file),
        patient: undefined,
        dataset: classIdOf(parentName(root)),
        classB: name,
        finding: name,
      })),
  )
  return rows.sort((a, b) => (a.image < b.image ? -1 : 1)) // a file system has no order
}

const parentName = (root: string): string =>
  root
    .replace(/[/\\]+$/, '')
    .split(/[/\\]/)
    .at(-1) || 'images'

/** What a source does not tell. */
export const UNKNOWN = {
  view: 'unknown',
  finding: '',
  classA: undefined,
  classB: undefined,
  age: undefined,
  sex: undefined,
  sourceWidth: undefined,
  sourceHeight: undefined,
  licence: '',
} as const satisfies Partial<SourceRow>
