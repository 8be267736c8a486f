/**
 * Every stable error code, in one table. Codes are API: they are documented, tested and never renamed.
 * Rendered as RFC 9457 problem details by `edge/src/middleware/problem.ts`, and as `{"code","detail"}` by the CLI.
 */
export const PROBLEMS = {
  'request-invalid': { status: 400, title: 'The request is not valid' },
  'image-missing': { status: 400, title: 'The request has no image' },
  'key-missing': { status: 401, title: 'An API key is required' },
  'key-invalid': { status: 401, title: 'The API key is not valid' },
  'signature-missing': { status: 401, title: 'The call is not signed' },
  'signature-invalid': { status: 401, title: 'The signature of the call does not verify' },
  'signature-expired': { status: 401, title: 'The signature lies outside the accepted time window' },
  'signature-replayed': { status: 401, title: 'The signature of the call was used before' },
  'token-invalid': { status: 401, title: 'The token is not valid' },
  'credits-exhausted': { status: 402, title: 'There are no credits left' },
  'scope-missing': { status: 403, title: 'The key may not do this' },
  'not-found': { status: 404, title: 'There is nothing at this address' },
  'method-not-allowed': { status: 405, title: 'The address does not take this method' },
  'not-acceptable': { status: 406, title: 'None of the accepted media types can be produced' },
  'upload-timeout': { status: 408, title: 'The request body did not arrive in time' },
  conflict: { status: 409, title: 'The request conflicts with what is there' },
  'idempotency-in-flight': { status: 409, title: 'A request with this Idempotency-Key is in progress' },
  'idempotency-stale': {
    status: 409,
    title: 'The model changed since the first request with this Idempotency-Key',
  },
  'preprocess-mismatch': { status: 409, title: 'The tensor was made by another preprocess specification' },
  'image-too-large': { status: 413, title: 'The image exceeds the size limit' },
  'body-too-large': { status: 413, title: 'The request body exceeds the size limit' },
  'image-unsupported': { status: 415, title: 'The image format is not supported' },
  'image-undecodable': { status: 422, title: 'The image could not be decoded' },
  'image-unsuitable': { status: 422, title: 'The image is not a frontal chest X-ray that can be scored' },
  'idempotency-mismatch': { status: 422, title: 'The Idempotency-Key was used with another body' },
  'webhook-refused': { status: 422, title: 'The address cannot receive webhooks' },
  'quota-exhausted': { status: 429, title: 'The quota is used up' },
  'concurrency-limited': { status: 429, title: 'Too many screenings are in progress' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Internal error' },
  'upstream-invalid': { status: 502, title: 'Inference answered something unexpected' },
  'issuer-unavailable': { status: 503, title: 'The keys of the token’s issuer cannot be read' },
  'upstream-unavailable': { status: 503, title: 'Inference is not available' },
  overloaded: { status: 503, title: 'There is more work than can be done in time' },
  'upstream-timeout': { status: 504, title: 'Inference did not answer in time' },
  'deadline-exceeded': { status: 504, title: 'The deadline passed before the work was done' },
} as const satisfies Record<string, { status: number; title: string }>

export type ProblemCode = keyof typeof PROBLEMS

/** The sole error class that crosses module borders on purpose; anything else that is thrown is a bug. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ProblemCode
  /** What was wrong and what is accepted, safe to show to a caller: no pixels, file names or patient data. */
  readonly detail: string
  /** Seconds after which the same request may succeed, where that is known. */
  readonly retryAfterS: number | undefined

  constructor(
    code: ProblemCode,
    detail: string,
    options: { cause?: unknown; retryAfterS?: number | undefined } = {},
  ) {
    super(`${code}: ${detail}`, options)
    this.code = code
    this.detail = detail
    this.retryAfterS = options.retryAfterS
  }
}
