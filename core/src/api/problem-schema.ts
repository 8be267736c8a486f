import * as z from 'zod'
import { PROBLEMS, type ProblemCode } from './problem.ts'

/** RFC 9457 problem details as every refusal carries them. */
export const problemSchema = z.strictObject({
  type: z.enum(Object.keys(PROBLEMS).map((code) => `/problems/${code}`) as `/problems/${ProblemCode}`[]),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  /** `urn:uuid:` and the request's id, which the log has too. */
  instance: z.string().optional(),
})
