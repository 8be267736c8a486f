import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ClassList } from '@detl/core/model/class-list'
import { CLASSES_FILE, classListBeside } from '../class-names.ts'
import { DataFaults } from '../faults.ts'
import { joinPatients } from '../groups.ts'
import { type ManifestRows, readManifest } from '../manifest.ts'
import type { ImageRecord } from '../record.ts'
import type { SourceRow } from './labels.ts'

/** A folder as it was read: what could be read of it, table by table. */
export type FolderContent = {
  records: ImageRecord[]
  list: ClassList
  tables: ManifestRows[]
}

/**
 * A folder with manifest.csv (`COLUMNS` in manifest.ts), classes.json where it has classes of its own and, if present,
 * manifest_lowres.csv of further images for Data-A. An image without a group is in its patient's; one whose patient is not known
 * either is a group of its own.
 */
export function lookIntoFolder(root: string, given?: ClassList): FolderContent {
  const path = join(root, 'manifest.csv')
  const list = given ?? classListBeside(join(root, CLASSES_FILE))
  if (!existsSync(path))
    throw new Error(`${root} has no manifest.csv; \`detl data import\` makes one of your files and labels`)
  const main = readManifest(path, { root, list })
  const lowRes = join(root, 'manifest_lowres.csv')
  const tables = [main, ...(existsSync(lowRes) ? [readManifest(lowRes, { root, list: main.list })] : [])]
  const records = joinPatients(tables.flatMap((t) => t.records))
  return { records, list: main.list, tables }
}

/** @throws DataFaults with all that is wrong with the tables */
export function readFolder(root: string, given?: ClassList): { records: ImageRecord[]; list: ClassList } {
  const { records, list, tables } = lookIntoFolder(root, given)
  const faults = tables.flatMap((t) => t.faults)
  if (faults.length > 0) throw new DataFaults(faults)
  return { records, list }
}

/** A folder's manifest.csv as a source to import from: to filter it by licence or to join it with others. */
export const readFolderLabels = (path: string): SourceRow[] =>
  readFolder(dirname(path)).records.map((r) => ({ ...r, image: r.file }))
