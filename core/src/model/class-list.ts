import * as z from 'zod'
import { classIdSchema, classInfoSchema, labellingSchema } from './class-schema.ts'
import { type ClassInfo, classesOf } from './classes.ts'
import { LABELS } from './labels.ts'

/** See `labellingSchema`. */
export type Labelling = z.infer<typeof labellingSchema>

/**
 * classes.json: what a model tells apart, in the order of its scores.
 * @example {"classes": [{"id": "normal", "finding": false, "name": {"en": "normal"}}, {"id": "tb", "finding": true, "name": {"en": "tuberculosis"}}]}
 */
export const classListSchema = z
  .strictObject({
    labelling: labellingSchema.default('single'),
    classes: z.array(classInfoSchema).min(2),
    /** The class that reports compare by; default: the last one that is a finding. */
    focus: classIdSchema.optional(),
  })
  .superRefine(({ classes, focus }, context) => {
    const ids = classes.map(({ id }) => id)
    const twice = ids.find((id, i) => ids.indexOf(id) !== i)
    if (twice !== undefined) context.addIssue({ code: 'custom', message: `two classes are called ${twice}` })
    if (focus !== undefined && !ids.includes(focus))
      context.addIssue({ code: 'custom', path: ['focus'], message: `${focus} is none of ${ids.join(', ')}` })
  })
export type ClassList = z.infer<typeof classListSchema>

/** What is used where a data set names no classes of its own: the four of the paper. */
export const PAPER_LIST: ClassList = { labelling: 'single', classes: classesOf({ labels: LABELS }) }

export const idsOf = ({ classes }: Pick<ClassList, 'classes'>): string[] => classes.map(({ id }) => id)

/** The class that reports compare by. */
export const focusOf = ({ classes, focus }: ClassList): ClassInfo =>
  classes.find(({ id }) => id === focus) ?? classes.findLast(({ finding }) => finding) ?? classes.at(-1)!
