import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { ClassList } from '@detl/core/model/class-list'
import * as z from 'zod'
import { CLASSES_FILE, joinedList, readClassList } from './class-names.ts'
import { joinPatients } from './groups.ts'
import type { ImageRecord } from './record.ts'
import { type Regions, readRegions } from './regions.ts'
import { CONFLICTS, type Conflicts, withSecondReading } from './second-reading.ts'
import { readFolder } from './sources/folder.ts'
import { readText } from './text-file.ts'

const USES = ['any', 'training', 'pretraining'] as const

const part = z.strictObject({
  /** Folder with manifest.csv; relative to the file that names it. */
  dir: z.string().min(1),
  /** `training`: no image of it is ever validated or tested on; `pretraining`: such images, and for Data-A only. */
  use: z.enum(USES).default('any'),
  /** Only images whose column `tier` has one of these values. */
  tiers: z.array(z.string()).min(1).optional(),
})

/** A data set that is put together of folders: what `--data FILE.json` names. */
const dataSetSchema = z.strictObject({
  /** The images of the first keep their names; those of a further one are called after its folder: `cxr-more/images/1.jpg`. */
  folders: z.array(part).min(1),
  secondReading: z
    .strictObject({ files: z.array(z.string()).min(1), conflicts: z.enum(CONFLICTS) })
    .optional(),
  /** classes.json; where absent, that of the first folder that has one. */
  classes: z.string().optional(),
  /** Images that no part of training or testing sees, by file. */
  leaveOut: z.array(z.string()).default([]),
})

/** Images of public collections that are not what their collection says. */
const KNOWN_FAULTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  figure1: { 'COVID-00048': 'an image of NIH ChestX-ray14, from before COVID-19' },
}

type Part = {
  dir: string
  prefix: string
  use: (typeof USES)[number]
  tiers?: readonly string[] | undefined
}

/** Images, and the classes that they may have. */
export type DataSet = { records: ImageRecord[]; list: ClassList }

/**
 * The images of a data folder, or of several that a JSON file puts together.
 * @param path a folder with manifest.csv, or a file: `{"folders": [{"dir": "cxr"}, {"dir": "more", "use": "training"}]}`
 * @throws where the file is none of that form, two folders have the same name, or a table has faults
 */
export function readDataSet(path: string): DataSet {
  const { parts, list: given, secondReading, leaveOut } = parseDataSet(path)
  const { folders, list } = readParts(parts, given)
  const all = folders.flatMap((f) => f.records)
  const records = joinPatients(all).map(withoutKnownFaults)
  const known = new Set(records.map((r) => r.file))
  const missing = leaveOut.filter((file) => !known.has(file))
  if (missing.length > 0)
    throw new Error(`${path}: leaveOut names ${missing.join(', ')}, which the data do not have`)
  const named = new Set(leaveOut)
  const kept = records.map((r) => (named.has(r.file) ? { ...r, leftOut: 'named in leaveOut' } : r))
  return {
    list,
    records: secondReading ? withSecondReading(kept, secondReading.files, secondReading.conflicts) : kept,
  }
}

/** Boxes and outlines of the same images. */
export function readDataSetRegions(path: string): Regions {
  const regions = parseDataSet(path).parts.map(({ dir, prefix }) => ({ prefix, of: readRegions(dir) }))
  const joined = <K extends Exclude<keyof Regions, 'drawnBy'>>(kind: K): Regions[K] =>
    new Map(
      regions.flatMap(({ prefix, of }) => [...of[kind]].map(([file, value]) => [prefix + file, value])),
    ) as Regions[K]
  return {
    boxes: joined('boxes'),
    lesions: joined('lesions'),
    lungs: joined('lungs'),
    lungBoxes: joined('lungBoxes'),
    drawnBy: regions.flatMap(({ of }) => of.drawnBy),
  }
}

type Parsed = {
  parts: Part[]
  list: ClassList | undefined
  leaveOut: string[]
  secondReading: { files: string[]; conflicts: Conflicts } | undefined
}

function parseDataSet(path: string): Parsed {
  if (!existsSync(path))
    throw new Error(
      `${path} is not there; data are a folder with manifest.csv, which \`detl data import\` makes, or a JSON file`,
    )
  if (statSync(path).isDirectory())
    return {
      parts: [{ dir: path, prefix: '', use: 'any' }],
      list: undefined,
      leaveOut: [],
      secondReading: undefined,
    }
  const result = dataSetSchema.safeParse(JSON.parse(readText(path)))
  if (!result.success) {
    const issues = result.error.issues.map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`)
    throw new Error(`${path} does not describe a data set: ${issues.join('; ')}`)
  }
  const { folders, secondReading, leaveOut, classes } = result.data
  const here = (name: string) => resolve(dirname(path), name)
  const parts = folders.map(({ dir, use, tiers }, i): Part => {
    return { dir: here(dir), prefix: i === 0 ? '' : `${basename(here(dir))}/`, use, tiers }
  })
  const names = parts.map(({ prefix }) => prefix)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice) throw new Error(`${path}: two folders are called ${twice}`)
  const beside = parts.map(({ dir }) => join(dir, CLASSES_FILE)).find((file) => existsSync(file))
  const list = classes ? here(classes) : beside
  return {
    parts,
    list: list === undefined ? undefined : readClassList(list),
    leaveOut,
    secondReading: secondReading && { ...secondReading, files: secondReading.files.map(here) },
  }
}

/** The folders, with labels of one list: what the first of them has not, another may have. */
function readParts(
  parts: readonly Part[],
  given: ClassList | undefined,
): { folders: DataSet[]; list: ClassList } {
  const folders = parts.map((part) => readPart(part, given))
  if (given) return { folders, list: given }
  const labelled = folders.filter((_, i) => parts[i]!.use !== 'pretraining')
  const list = joinedList((labelled.length > 0 ? labelled : folders).map((one) => one.list))
  const ids = idsIn(list)
  return {
    list,
    folders: folders.map((one, i) =>
      parts[i]!.use === 'pretraining' || idsIn(one.list) === ids ? one : readPart(parts[i]!, list),
    ),
  }
}

const idsIn = ({ labelling, classes }: ClassList): string =>
  [labelling, ...classes.map(({ id }) => id)].join()

function readPart({ dir, prefix, use, tiers }: Part, given: ClassList | undefined): DataSet {
  const { records: all, list } = readFolder(dir, given)
  const chosen = tiers ? all.filter((r) => r.tier !== undefined && tiers.includes(r.tier)) : all
  if (chosen.length === 0) throw new Error(`${join(dir, 'manifest.csv')} has no image of tier ${tiers}`)
  const records = chosen
    .filter((r) => use !== 'pretraining' || r.classA !== undefined)
    .map((r) => ({
      ...r,
      file: prefix + r.file,
      group: prefix + r.group, // two folders may well both have a group "g1"
      classB: use === 'pretraining' ? undefined : r.classB,
      trainingOnly: r.trainingOnly || use !== 'any',
    }))
  return { records, list }
}

function withoutKnownFaults(r: ImageRecord): ImageRecord {
  const fault = KNOWN_FAULTS[r.dataset]?.[basename(r.file).replace(/\.\w+$/, '')]
  return fault === undefined ? r : { ...r, leftOut: fault }
}
