import { AppError, PROBLEMS, type ProblemCode } from '@detl/core/api/problem'
import type { Hook } from '@hono/zod-openapi'
import type { Context, ErrorHandler, NotFoundHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { EdgeContext } from '../app.ts'

/** Seconds after which a caller may try again, for the problems that pass by themselves. */
const RETRY_AFTER_S: Partial<Record<ProblemCode, number>> = {
  'upstream-unavailable': 5,
  'upstream-timeout': 5,
  overloaded: 5,
  'rate-limited': 1,
  'concurrency-limited': 1,
  'idempotency-in-flight': 1,
}

/** RFC 9457 problem details; the one place in the edge that turns an error into a response. */
export const problem: ErrorHandler<EdgeContext> = (error, c) => {
  if (error instanceof AppError) return respond(c, error.code, error.detail, error.retryAfterS)
  if (error instanceof HTTPException) return respond(c, 'request-invalid', error.message)
  // A bug: its text goes to the log under the request's id, not to the caller.
  console.error(JSON.stringify({ level: 'error', requestId: c.get('requestId'), error: String(error) }))
  return respond(c, 'internal', 'The request id identifies this failure in the log.')
}

export const notFound: NotFoundHandler<EdgeContext> = (c) =>
  respond(c, 'not-found', `${c.req.method} ${c.req.path}`)

/** What does not fit a route's schema, named by its place; never with the value. */
export const invalidInput: Hook<unknown, EdgeContext, string, unknown> = (result) => {
  if (result.success) return
  const [issue] = result.error.issues
  throw new AppError(
    'request-invalid',
    `${issue?.path.join('.') || result.target}: ${issue?.message ?? 'not valid'}`,
  )
}

function respond(
  c: Context<EdgeContext>,
  code: ProblemCode,
  detail: string,
  retryAfterS = RETRY_AFTER_S[code],
) {
  const { status, title } = PROBLEMS[code]
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' }
  if (retryAfterS !== undefined) headers['retry-after'] = String(retryAfterS)
  if (status === 401) headers['www-authenticate'] = 'Bearer realm="detl"' // RFC 9110, section 11.6.1
  const body = {
    type: `/problems/${code}`,
    title,
    status,
    detail,
    instance: `urn:uuid:${c.get('requestId')}`,
  }
  return c.body(JSON.stringify(body), status, headers)
}
