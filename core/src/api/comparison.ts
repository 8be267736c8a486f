import * as z from 'zod'
import { MOST_FILMS } from '../comparison/request.ts'
import {
  COMPARISON_REMARKS,
  type ComparisonRemark,
  FILM_REMARKS,
  type FilmRemark,
  NO_COMPARISON,
  type NoComparison,
  TRENDS,
} from '../comparison/trend.ts'
import { DISCLAIMER } from './disclaimer.ts'
import { screeningSchema } from './screening.ts'
import { severitySchema } from './severity.ts'

const codesOf = <T extends string>(table: Readonly<Record<T, string>>) =>
  z.enum(Object.keys(table) as [T, ...T[]])
const told = <T extends string>(code: z.ZodType<T>) => z.strictObject({ code, detail: z.string() })

/** A figure of two films, and `to` − `from` with the range ± the smallest change that counts. */
const change = z.strictObject({
  from: z.number(),
  to: z.number(),
  change: z.strictObject({ value: z.number(), low: z.number(), high: z.number() }),
  /** By itself: whether the difference is larger than what is seen without a change. */
  trend: z.enum(['better', 'unchanged', 'worse']),
})

const changesSchema = z.strictObject({
  /** Of the score of 0 … 18. */
  score: change,
  /** Of the share of each lung that is opaque; left and right are the patient's. `both` is their mean, which decides the trend. */
  extent: z.strictObject({ left: change, right: change, both: change }),
  /** Of the share of each zone that is opaque: A, B, C upper, middle, lower third of the right lung; D, E, F of the left. */
  zones: z.strictObject({ A: change, B: change, C: change, D: change, E: change, F: change }),
})

const stepSchema = z.strictObject({
  /** Indices into `films`. */
  from: z.int().nonnegative(),
  to: z.int().nonnegative(),
  /** Whole days between the two, where both state their date. */
  days: z.int().nonnegative().optional(),
  /** `better` is less of the lungs opaque, `worse` is more; neither says how the patient is. */
  trend: z.enum(TRENDS),
  /** The same in words, with the figures. */
  headline: z.string(),
  /** Why, with `cannot-tell`. */
  reason: told(codesOf<NoComparison>(NO_COMPARISON)).optional(),
  /** Absent where the lungs of one of the films were not found. */
  changes: changesSchema.optional(),
  /** How the later film lies upon the earlier one; absent where only an answer was kept, or lungs were not found. */
  alignment: z
    .strictObject({
      /** From the earlier tensor to the later one, in shares of its sides: x' = a·x + b·y + c, y' = d·x + e·y + f. */
      affine: z.tuple([z.number(), z.number(), z.number(), z.number(), z.number(), z.number()]),
      /** Dice of the lungs laid upon each other. */
      overlap: z.number().min(0).max(1),
      /** Of the grey levels there. */
      correlation: z.number().min(-1).max(1),
      /** The later film's sides were exchanged. */
      mirrored: z.boolean(),
    })
    .optional(),
  remarks: z.array(told(codesOf<FilmRemark>(FILM_REMARKS))),
})

const filmSchema = z.strictObject({
  /** The id of its screening. */
  screening: z.string(),
  /** Where it stood in the request, from 0. */
  position: z.int().nonnegative(),
  /** The day on which it was taken, as its header says. */
  taken: z.iso.date().optional(),
  severity: severitySchema,
})

/** The answer to POST /v1/comparisons as application/json. */
export const comparisonSchema = z.strictObject({
  id: z.string(),
  model: z.strictObject({ name: z.string(), version: z.string() }),
  /** In the order of time. */
  films: z.array(filmSchema).min(2).max(MOST_FILMS),
  /** Whether `films` stand by their dates or as they were sent. */
  order: z.enum(['study-date', 'given']),
  /** From each film to the next. */
  steps: z.array(stepSchema).min(1),
  /** From the first film to the last. */
  overall: stepSchema,
  /** What differences were seen where nothing changed: larger ones count. */
  smallestChange: z.strictObject({
    score: z.number(),
    /** Of the share of both lungs: it decides. */
    bothExtent: z.number(),
    extent: z.number(),
    zoneExtent: z.number(),
    /** Share of such differences that were not larger. */
    level: z.number(),
  }),
  remarks: z.array(told(codesOf<ComparisonRemark>(COMPARISON_REMARKS))),
  /** The screenings of the images of this request, in its order; those that were kept are where they were. */
  screenings: z.array(screeningSchema),
  /** What this is not. */
  notice: z.string(),
  disclaimer: z.literal(DISCLAIMER),
})
export type Comparison = z.infer<typeof comparisonSchema>
export type ComparisonStep = z.infer<typeof stepSchema>

/** The body of POST /v1/comparisons as application/json: answers that the account keeps. */
export const comparisonInputSchema = z.strictObject({
  /** Ids of screenings that were asked for with `Prefer: respond-async`, in the order of time. */
  screenings: z.array(z.uuid()).min(2).max(MOST_FILMS),
})
