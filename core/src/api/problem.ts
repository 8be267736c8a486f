/**
 * Every stable error code, in one table: to add one is to add a row here and to throw it (CONTRIBUTING.md). Codes are API: they are documented, tested and
 * never renamed; texts are for people and may change.
 * Rendered as RFC 9457 problem details by `edge/src/middleware/problem.ts`, and as `{"code","detail"}` by the CLI.
 */
export const PROBLEMS = {
  'request-invalid': {
    status: 400,
    met: ['input', 'screening'],
    title: 'The request is not valid',
    remedy: 'Change what `detail` names. The same request is refused again.',
  },
  'image-missing': {
    status: 400,
    met: ['screening'],
    title: 'The request has no image',
    remedy: 'Send the file’s own bytes as the body, or a form with the file part `image`.',
  },
  'key-missing': {
    status: 401,
    met: ['key', 'admin'],
    title: 'An API key is required',
    remedy: 'Send `Authorization: Bearer detl_…`.',
  },
  'key-invalid': {
    status: 401,
    met: ['key', 'admin'],
    title: 'The API key is not valid',
    remedy:
      'Send the whole key, as `Authorization: Bearer detl_…`. If it was right once, it has expired or was revoked: make a new one.',
  },
  'signature-missing': {
    status: 401,
    title: 'The call is not signed',
    remedy: 'Sign the call under a key of DETL_SIGNING_KEYS (RFC 9421).',
  },
  'signature-invalid': {
    status: 401,
    title: 'The signature of the call does not verify',
    remedy: 'Give edge and GPU function the same signing key.',
  },
  'signature-expired': {
    status: 401,
    title: 'The signature lies outside the accepted time window',
    remedy: 'Set the clocks of edge and GPU function: they differ by more than a minute.',
  },
  'signature-replayed': {
    status: 401,
    title: 'The signature of the call was used before',
    remedy: 'Sign each call anew.',
  },
  'token-invalid': {
    status: 401,
    met: ['key'],
    title: 'The token is not valid',
    remedy: 'Get a new token from the issuer; check its audience, and that it has the claim `detl_account`.',
  },
  'credits-exhausted': {
    status: 402,
    met: ['screening'],
    title: 'There are no credits left',
    remedy: 'Buy credits.',
  },
  'scope-missing': {
    status: 403,
    met: ['key'],
    title: 'The key may not do this',
    remedy: 'Use a key that has the scope in `detail`, or make one.',
  },
  'not-found': {
    status: 404,
    title: 'There is nothing at this address',
    remedy: 'Check the address. Answers of jobs are kept for a day.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'The address does not take this method',
    remedy: 'Use one of the methods in `Allow`.',
  },
  'not-acceptable': {
    status: 406,
    met: ['screening'],
    title: 'None of the accepted media types can be produced',
    remedy: 'Accept one of the media types in `detail`.',
  },
  'upload-timeout': {
    status: 408,
    met: ['screening'],
    title: 'The request body did not arrive in time',
    remedy: 'Send it again over a better connection, or send a smaller file.',
  },
  'upload-incomplete': {
    status: 400,
    met: ['screening'],
    title: 'The request body broke off',
    remedy: 'Send the request again; with an Idempotency-Key it is not charged twice.',
  },
  'encoding-unsupported': {
    status: 415,
    met: ['screening'],
    title: 'The encoding of the request body is not supported',
    remedy: 'Send the body as it is, or with `Content-Encoding: gzip`.',
  },
  conflict: {
    status: 409,
    met: ['screening'],
    title: 'The request conflicts with what is there',
    remedy: 'See `detail`: what is there must be changed or another name used.',
  },
  'precondition-failed': {
    status: 412,
    title: 'What was to be changed has been changed since it was read',
    remedy: 'Read it again, make the change on what is there now, and send the new `ETag` as `If-Match`.',
  },
  'idempotency-in-flight': {
    status: 409,
    met: ['screening'],
    title: 'A request with this Idempotency-Key is in progress',
    remedy: 'Wait for `Retry-After`, then send the same request again.',
    passing: { retryAfterS: 1 },
  },
  'idempotency-stale': {
    status: 409,
    met: ['screening'],
    title: 'The model changed since the first request with this Idempotency-Key',
    remedy: 'Use a new Idempotency-Key: the screening is then made, and charged, anew.',
  },
  'preprocess-mismatch': {
    status: 409,
    met: ['screening'],
    title: 'The tensor was made by another preprocess specification',
    remedy: 'Give edge and GPU function the same model.',
  },
  'image-too-large': {
    status: 413,
    met: ['screening'],
    title: 'The image exceeds the size limit',
    remedy: 'Send a smaller image; `detail` has the limit.',
  },
  'body-too-large': {
    status: 413,
    met: ['input', 'screening'],
    title: 'The request body exceeds the size limit',
    remedy: 'Send a smaller file; `detail` has the limit.',
  },
  'image-unsupported': {
    status: 415,
    met: ['screening'],
    title: 'The image format is not supported',
    remedy:
      'Send PNG, JPEG or DICOM, its bytes as they are: not base64, not JSON; with curl `--data-binary`, not `-d`.',
  },
  'image-undecodable': {
    status: 422,
    met: ['screening'],
    title: 'The image could not be decoded',
    remedy:
      'The file is damaged, cut off, or of a kind that is not read; `detail` says which. Export it anew.',
  },
  'image-unsuitable': {
    status: 422,
    met: ['screening'],
    title: 'The image is not a frontal chest X-ray that can be scored',
    remedy: 'Send a frontal chest X-ray, whole and upright; `detail` says what this looks like.',
  },
  'patients-differ': {
    status: 422,
    met: ['comparison'],
    title: 'The films name different patients',
    remedy:
      'Compare films of one patient. Where the headers are wrong, ask again with `allow-different-patients=true`.',
  },
  'comparison-unavailable': {
    status: 422,
    met: ['comparison'],
    title: 'These screenings cannot be compared',
    remedy: 'Send the films themselves; the model must outline lungs (`regions` in GET /v1/model).',
  },
  'idempotency-mismatch': {
    status: 422,
    met: ['screening'],
    title: 'The Idempotency-Key was used with another body',
    remedy: 'Use a new Idempotency-Key for another image.',
  },
  'source-refused': {
    status: 422,
    title: 'The image’s address is not one that is fetched from',
    remedy:
      'Use a host that the service allows, over https, without redirects; `detail` says what was wrong.',
  },
  'source-missing': {
    status: 422,
    title: 'There is no image at its address',
    remedy: 'Check the address: the image is gone, or the permission to read it has expired.',
  },
  'webhook-refused': {
    status: 422,
    title: 'The address cannot receive webhooks',
    remedy: 'Give an https address under a public name.',
  },
  'quota-exhausted': {
    status: 429,
    met: ['screening'],
    title: 'The quota is used up',
    remedy: 'Wait for `Retry-After`, or have the plan changed.',
  },
  'concurrency-limited': {
    status: 429,
    met: ['screening'],
    title: 'Too many screenings are in progress',
    remedy: 'Send fewer at once; jobs that wait count. Try again after `Retry-After`.',
    passing: { retryAfterS: 1 },
  },
  'rate-limited': {
    status: 429,
    met: ['key'],
    title: 'Too many requests',
    remedy: 'Send more slowly: `RateLimit` says what is left. Try again after `Retry-After`.',
    passing: { retryAfterS: 1 },
  },
  'item-lost': {
    status: 500,
    title: 'Whoever screened this item ended in the middle, each time',
    remedy: 'Screen the image by itself: it may take more memory than there is. Run the item again later.',
  },
  internal: {
    status: 500,
    met: ['key', 'admin'],
    title: 'Internal error',
    remedy: 'Try again with the same Idempotency-Key; report `instance` if it stays.',
  },
  'upstream-invalid': {
    status: 502,
    met: ['screening'],
    title: 'Inference answered something unexpected',
    remedy: 'Try again later with the same Idempotency-Key; report `instance` if it stays.',
    passing: { retryAfterS: 5 },
  },
  'issuer-unavailable': {
    status: 503,
    met: ['key'],
    title: 'The keys of the token’s issuer cannot be read',
    remedy: 'Try again after `Retry-After`: the token may be good. API keys go on working.',
    passing: { retryAfterS: 5 },
  },
  'source-unavailable': {
    status: 503,
    title: 'The server that holds the image does not give it',
    remedy: 'See whether that server is up and may be reached; then run the failed items again.',
    passing: { retryAfterS: 5 },
  },
  'source-not-asked': {
    status: 503,
    title: 'The server that holds the image gave no answer several times in a row, and was not asked again',
    remedy: 'See whether that server is up and may be reached; then run the failed items again.',
    passing: { retryAfterS: 60 },
  },
  'upstream-unavailable': {
    status: 503,
    met: ['screening'],
    title: 'Inference is not available',
    remedy: 'Try again after `Retry-After` with the same Idempotency-Key; nothing was charged.',
    passing: { retryAfterS: 5 },
  },
  overloaded: {
    status: 503,
    met: ['key', 'admin', 'screening'],
    title: 'There is more work than can be done in time',
    remedy: 'Try again after `Retry-After` with the same Idempotency-Key; nothing was charged.',
    passing: { retryAfterS: 5 },
  },
  'upstream-timeout': {
    status: 504,
    met: ['screening'],
    title: 'Inference did not answer in time',
    remedy: 'Try again after `Retry-After` with the same Idempotency-Key; nothing was charged.',
    passing: { retryAfterS: 5 },
  },
  'deadline-exceeded': {
    status: 504,
    title: 'The deadline passed before the work was done',
    remedy: 'Give the call more time, or send fewer at once.',
  },
} as const satisfies Record<string, Problem>

/** Kinds of calls: any with an API key, any with the admin key, any that takes JSON or parameters, a screening, and a comparison. */
type Call = 'key' | 'admin' | 'input' | 'screening' | 'comparison'

type Problem = {
  /** Of HTTP. */
  readonly status: number
  readonly title: string
  /** What a caller can do about it. */
  readonly remedy: string
  /** Calls of the edge's API that may end with it; those that only one route knows are named there. The contract is made from it. */
  readonly met?: readonly Call[]
  /** There where it passes by itself: the same request, or another server, may succeed. Seconds to wait unless the error itself knows better. */
  readonly passing?: { readonly retryAfterS: number }
}

export type ProblemCode = keyof typeof PROBLEMS

/** The row of a code, with the columns that not every row has. */
export const problemOf = (code: ProblemCode): Problem => PROBLEMS[code]

/**
 * Codes that such calls may end with, in the table's order.
 * @example codesOf('input') // ['request-invalid', 'body-too-large']
 */
export const codesOf = (...calls: readonly Call[]): ProblemCode[] =>
  (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) =>
    problemOf(code).met?.some((call) => calls.includes(call)),
  )

/** Whether what was thrown passes by itself, so that trying again is worth it. A bug does not. */
export const passes = (error: unknown): boolean =>
  error instanceof AppError && problemOf(error.code).passing !== undefined

/**
 * The code of what was thrown; of anything but an {@link AppError} `internal`.
 * @example codeOf(new AppError('image-missing', '…')) // 'image-missing'
 */
export const codeOf = (error: unknown): ProblemCode => (error instanceof AppError ? error.code : 'internal')

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
