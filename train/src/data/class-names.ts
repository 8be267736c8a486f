import { existsSync, readFileSync, statSync } from 'node:fs'
import { checkTextSize } from '@detl/core/base/text-size'
import { type ClassList, classListSchema, PAPER_LIST } from '@detl/core/model/class-list'
import type { ClassInfo } from '@detl/core/model/classes'
import { LABELS } from '@detl/core/model/labels'

/** What a multi-label image says that has none of the classes. */
export const NONE = 'none'

/** The file beside manifest.csv that says what the classes are. */
export const CLASSES_FILE = 'classes.json'

/** @throws Error that names each field of the file that is wrong */
export function readClassList(path: string): ClassList {
  checkTextSize(statSync(path).size, path)
  const result = classListSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')))
  if (result.success) return result.data
  const issues = result.error.issues.map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`)
  throw new Error(`${path} is no class list: ${issues.join('; ')}`)
}

export const classListBeside = (path: string): ClassList | undefined =>
  existsSync(path) ? readClassList(path) : undefined

/** Words that people write for "nothing was found", in English and German. */
const NO_FINDING =
  /^(normal|no[ _-]\w+|negative|neg|healthy|clear|unremarkable|0|no|ohne[ _-](patholog\w+[ _-])?befund|o\. ?b\.|unauffällig|gesund|keine?[ _-]\w+|negativ)$/i

/** "ä" → "ae": without its dots it would be another word. */
const GERMAN: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue', ß: 'ss' }

/** "TB +" → `tb`, "Ödem" → `oedem`. Several names may give one identifier: `classListOf` keeps them apart. */
export const classIdOf = (text: string): string => {
  const id = text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[äöüß]/g, (letter) => GERMAN[letter]!)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
  return (/^[a-z]/.test(id) ? id : id === '' ? 'class' : `class_${id}`).slice(0, LONGEST_ID)
}
const LONGEST_ID = 32

/** One for all ways to write a name: in capitals or not, with spaces, "-" or "_" between its words. Signs count: "TB+" is not "TB-". */
const spellingOf = (name: string): string =>
  name
    .normalize('NFC')
    .toLowerCase()
    .replace(/(?<=[\p{L}\p{N}])[\s_-]+(?=[\p{L}\p{N}])/gu, '_')
    .replace(/\s+/g, '')

/** An identifier for each name; names that would have the same one are numbered. */
function withIds(names: readonly string[]): [string, string][] {
  const taken = new Set<string>()
  return names.map((name) => {
    const own = classIdOf(name)
    let id = own
    for (let n = 2; taken.has(id); n++) id = `${own.slice(0, LONGEST_ID - 4)}_${n}`
    taken.add(id)
    return [id, name]
  })
}

/**
 * The list for labels that nobody described: those of the paper's that occur, where all of them are its classes, else a class of each label. Several classes
 * in one cell (`a|b`), or `none`, make it a multi-label list.
 * @param labels as they are written in the data
 */
export function classListOf(labels: readonly string[]): ClassList {
  const multi = labels.some((label) => label.includes('|') || label.toLowerCase() === NONE)
  const names = [...new Set(labels.flatMap((label) => label.split('|').map((name) => name.trim())))]
  const written = names.filter((name) => name !== '' && name.toLowerCase() !== NONE)
  if (written.every((name) => (LABELS as readonly string[]).includes(name)) && !multi)
    return {
      ...PAPER_LIST,
      classes: PAPER_LIST.classes.filter(({ id }) => written.length === 0 || written.includes(id)),
    }
  const bySpelling = new Map(written.sort().map((name) => [spellingOf(name), name]))
  const classes = withIds([...bySpelling.values()]).map(
    ([id, name]): ClassInfo => ({ id, finding: !NO_FINDING.test(name), name: { en: name } }),
  )
  // The class of no finding first, as in the paper's list.
  classes.sort((a, b) => Number(a.finding) - Number(b.finding))
  return { labelling: multi ? 'multi' : 'single', classes }
}

/** The list for folders that are put together, of which nobody described the classes either: what any of them has. @throws where one identifier is of different names */
export function joinedList(lists: readonly ClassList[]): ClassList {
  const classes = new Map<string, ClassInfo>()
  for (const one of lists.flatMap((list) => list.classes)) {
    const other = classes.get(one.id)
    if (other && spellingOf(other.name.en) !== spellingOf(one.name.en))
      throw new Error(
        `"${other.name.en}" of one folder and "${one.name.en}" of another would both be ${one.id}: say what the classes are in a ${CLASSES_FILE}`,
      )
    classes.set(one.id, other ?? one)
  }
  const ids = [...classes.keys()].sort()
  const multi = lists.some(({ labelling }) => labelling === 'multi')
  if (!multi && ids.every((id) => (LABELS as readonly string[]).includes(id))) return classListOf(ids)
  const ordered = ids.map((id) => classes.get(id)!).sort((a, b) => Number(a.finding) - Number(b.finding))
  return { labelling: multi ? 'multi' : 'single', classes: ordered }
}

/**
 * A label as it is written → as a record has it: identifiers, in the order of the list.
 * @returns undefined where the cell is empty: the image has no label
 * @throws Error that names what is unknown and what is known
 */
export function classTextIn(
  label: string | undefined,
  { labelling, classes }: ClassList,
): string | undefined {
  const text = label?.trim() ?? ''
  if (text === '') return undefined
  if (labelling === 'multi' && text.toLowerCase() === NONE) return NONE
  const named = text.split('|').map((name) => idIn(name.trim(), classes))
  if (labelling === 'single' && named.length > 1)
    throw new Error(
      `"${text}" names ${named.length} classes; the list is of one class an image ("labelling": "single")`,
    )
  return classes.flatMap(({ id }) => (named.includes(id) ? [id] : [])).join('|')
}

function idIn(name: string, classes: readonly ClassInfo[]): string {
  const written = spellingOf(name)
  const same = (one: string | undefined) => one !== undefined && spellingOf(one) === written
  // A name before an identifier: "TB" may be called tb_2, where another class is tb.
  const found =
    classes.find((one) => same(one.name.en) || same(one.name.de)) ?? classes.find((one) => same(one.id))
  if (found) return found.id
  throw new Error(`"${name}" is no class; known: ${classes.map(({ id }) => id).join(', ')}`)
}
