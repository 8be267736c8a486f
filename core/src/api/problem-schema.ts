import * as z from 'zod'
import { PROBLEMS, type ProblemCode, problemOf } from './problem.ts'

/** RFC 9457 problem details as every refusal carries them. */
export const problemSchema = z.strictObject({
  type: z.enum(Object.keys(PROBLEMS).map((code) => `/problems/${code}`) as `/problems/${ProblemCode}`[]),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  /** `urn:uuid:` and the request's id, which the log has too. */
  instance: z.string().optional(),
})

/** A problem as its body has it. @param instance `urn:uuid:` and the request's id, where a request is answered with it */
export function problemDetails(
  code: ProblemCode,
  detail: string,
  instance?: string,
): z.infer<typeof problemSchema> {
  const { status, title } = problemOf(code)
  return { type: `/problems/${code}`, title, status, detail, ...(instance !== undefined && { instance }) }
}
