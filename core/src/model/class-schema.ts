import * as z from 'zod'

/** A class's identifier: it stands in JSON, CSV columns, FHIR ids and DICOM code values. */
export const classIdSchema = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/)

/** What answers must know of a class to speak of it. */
export const classInfoSchema = z.strictObject({
  id: classIdSchema,
  /** False for the class that says that none of the others is there ("normal"): its score is no finding and raises no flag. */
  finding: z.boolean(),
  /** As people read it, in the middle of a sentence; English where a language has none. */
  name: z.strictObject({ en: z.string().min(1), de: z.string().min(1).optional() }),
  /** What the class is about, in SNOMED CT: what was assessed, never that it is there. */
  snomed: z.strictObject({ code: z.string().regex(/^\d{6,18}$/), display: z.string().min(1) }).optional(),
  /** The same in other code systems, for FHIR. */
  codes: z
    .array(z.strictObject({ system: z.url(), code: z.string().min(1), display: z.string().min(1) }))
    .optional(),
})

/**
 * - `single`: each image is of exactly one class; scores sum to 1 (softmax).
 * - `multi`: each class is there or not, whatever the others are; each score is a probability of its own (sigmoid).
 */
export const labellingSchema = z.enum(['single', 'multi'])
