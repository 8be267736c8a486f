import { toOperationOutcome } from '@detl/core/answers/fhir/operation-outcome'
import { AppError, PROBLEMS, type ProblemCode, problemOf } from '@detl/core/api/problem'
import { problemDetails } from '@detl/core/api/problem-schema'
import type { Hook, z } from '@hono/zod-openapi'
import type { Context, ErrorHandler, NotFoundHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { prefersFhir } from '../answers/prefers-fhir.ts'
import type { EdgeContext } from '../context.ts'

/** RFC 9457 problem details, or FHIR's OperationOutcome for who asked for FHIR; the one place in the edge that turns an error into a response. */
export const problem: ErrorHandler<EdgeContext> = (error, c) => {
  if (error instanceof AppError) return respond(c, error.code, error.detail, error.retryAfterS)
  if (error instanceof HTTPException) return respond(c, 'request-invalid', explain(error))
  if (isPassing(error))
    return respond(c, 'overloaded', 'the account’s ledger is being moved or is busy; try again')
  // A bug: its text goes to the log under the request's id, not to the caller.
  console.error(JSON.stringify({ level: 'error', requestId: c.get('requestId'), error: String(error) }))
  return respond(c, 'internal', 'The request id identifies this failure in the log.')
}

/** What a Durable Object that was moved, restarted or has too much to do makes of a call. */
export const isPassing = (error: Error & { retryable?: unknown; overloaded?: unknown }) =>
  error.retryable === true || error.overloaded === true

/** Hono's own refusals of a JSON body. */
const explain = ({ status, message }: HTTPException) =>
  status === 415 ? 'send the body as JSON, with "Content-Type: application/json"' : message

/**
 * 404, or 405 with `Allow` where the address takes other methods (RFC 9110, section 15.5.6).
 * @param paths of the OpenAPI document
 */
export const notFound =
  (paths: () => Readonly<Record<string, object>>): NotFoundHandler<EdgeContext> =>
  (c) => {
    const { method, path } = c.req
    const same = Object.entries(paths()).find(([template]) => matches(template, path))
    if (!same) return respond(c, 'not-found', `${method} ${path}`)
    const allowed = Object.keys(same[1]).map((name) => name.toUpperCase())
    c.header('Allow', allowed.join(', '))
    return respond(c, 'method-not-allowed', `${path} takes ${allowed.join(' and ')}, not ${method}`)
  }

const matches = (template: string, path: string) => {
  const [wanted, given] = [template.split('/'), path.split('/')]
  return (
    wanted.length === given.length && wanted.every((part, i) => part === given[i] || part.startsWith('{'))
  )
}

/** All that does not fit a route's schema, named by its place; never with the value. */
const unfit = (issues: z.core.$ZodIssue[], target: string) => {
  const faults = issues.map(({ path, message }) => `${path.join('.') || target}: ${message}`)
  const more = faults.length - MOST_FAULTS
  const said = [...faults.slice(0, MOST_FAULTS), ...(more > 0 ? [`and ${more} more`] : [])]
  return new AppError('request-invalid', said.join('; '))
}
const MOST_FAULTS = 5

export const invalidInput: Hook<unknown, EdgeContext, string, unknown> = (result) => {
  if (!result.success) throw unfit(result.error.issues, result.target)
}

/** What a route reads for itself. @throws AppError request-invalid as `invalidInput` does */
export function valid<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  throw unfit(result.error.issues, 'request')
}

/** Answers there may be FHIR, so refusals are too. */
const IN_FHIR = new Set(['/v1/screenings', '/v1/comparisons'])

function respond(
  c: Context<EdgeContext>,
  code: ProblemCode,
  detail: string,
  retryAfterS = problemOf(code).passing?.retryAfterS,
) {
  const { status } = PROBLEMS[code]
  const fhir = IN_FHIR.has(c.req.path) && prefersFhir(c.req.header('accept'))
  const headers: Record<string, string> = {
    'content-type': fhir ? 'application/fhir+json; fhirVersion=4.0' : 'application/problem+json',
    vary: 'Accept',
  }
  if (retryAfterS !== undefined) headers['retry-after'] = String(retryAfterS)
  if (status === 401) headers['www-authenticate'] = 'Bearer realm="detl"' // RFC 9110, section 11.6.1
  if (code === 'encoding-unsupported') headers['accept-encoding'] = 'gzip' // RFC 9110, section 15.5.16
  const instance = `urn:uuid:${c.get('requestId')}`
  const body = fhir ? toOperationOutcome(code, detail, instance) : problemDetails(code, detail, instance)
  return c.body(JSON.stringify(body), status, headers)
}
