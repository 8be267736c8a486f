import { type ClassList, idsOf } from '@detl/core/model/class-list'
import { NONE } from './class-names.ts'
import type { ImageRecord } from './record.ts'

/** The images of a data set by file, and the classes that they may have. */
export class LabelledRecords extends Map<string, ImageRecord> {
  readonly list: ClassList
  readonly ids: readonly string[]

  constructor(records: readonly ImageRecord[], list: ClassList) {
    super(records.map((r) => [r.file, r]))
    this.list = list
    this.ids = idsOf(list)
  }

  /** @returns [C] of 0 and 1 @throws where the image is not there or has no class of the list */
  truthOf(file: string): number[] {
    const classB = this.get(file)?.classB
    if (classB === undefined) throw new Error(`${file} has no class`)
    return truthOf(classB, this.list)
  }
}

/** Between the classes of an image that has several; a multi-label image that has none of them says `NONE`. */
const SEPARATOR = '|'

/**
 * Which classes are true of an image: [C] of 0 and 1.
 * @param classB as a record has it: one class of a single-label list; of a multi-label one any number, `a|b`, or `none`
 */
export function truthOf(classB: string, { labelling, classes }: ClassList): number[] {
  const named = labelling === 'single' ? [classB] : classB === NONE ? [] : classB.split(SEPARATOR)
  const unknown = named.filter((id) => !classes.some((one) => one.id === id))
  if (unknown.length > 0)
    throw new Error(`"${unknown.join(', ')}" is no class of ${idsOf({ classes }).join(', ')}`)
  return classes.map(({ id }) => (named.includes(id) ? 1 : 0))
}

/** The same classes as a record has them. */
export const classTextOf = (truths: ArrayLike<number>, ids: readonly string[]): string =>
  ids.filter((_, c) => truths[c] === 1).join(SEPARATOR) || NONE
