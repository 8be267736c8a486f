import type { ProblemCode } from './problem.ts'

/** What a caller can do about each problem. Texts are for people and may change; codes may not. */
export const REMEDIES: Readonly<Record<ProblemCode, string>> = {
  'request-invalid': 'Change what `detail` names. The same request is refused again.',
  'image-missing': 'Send the file’s own bytes as the body, or a form with the file part `image`.',
  'key-missing': 'Send `Authorization: Bearer detl_…`.',
  'key-invalid':
    'Send the whole key, as `Authorization: Bearer detl_…`. If it was right once, it has expired or was revoked: make a new one.',
  'signature-missing': 'Sign the call under a key of DETL_SIGNING_KEYS (RFC 9421).',
  'signature-invalid': 'Give edge and GPU function the same signing key.',
  'signature-expired': 'Set the clocks of edge and GPU function: they differ by more than a minute.',
  'signature-replayed': 'Sign each call anew.',
  'token-invalid':
    'Get a new token from the issuer; check its audience, and that it has the claim `detl_account`.',
  'issuer-unavailable': 'Try again after `Retry-After`: the token may be good. API keys go on working.',
  'credits-exhausted': 'Buy credits.',
  'scope-missing': 'Use a key that has the scope in `detail`, or make one.',
  'not-found': 'Check the address. Answers of jobs are kept for a day.',
  'method-not-allowed': 'Use one of the methods in `Allow`.',
  'not-acceptable': 'Accept one of the media types in `detail`.',
  'upload-timeout': 'Send it again over a better connection, or send a smaller file.',
  conflict: 'See `detail`: what is there must be changed or another name used.',
  'idempotency-in-flight': 'Wait for `Retry-After`, then send the same request again.',
  'idempotency-stale': 'Use a new Idempotency-Key: the screening is then made, and charged, anew.',
  'preprocess-mismatch': 'Give edge and GPU function the same model.',
  'image-too-large': 'Send a smaller image; `detail` has the limit.',
  'body-too-large': 'Send a smaller file; `detail` has the limit.',
  'image-unsupported':
    'Send PNG, JPEG or DICOM, its bytes as they are: not base64, not JSON; with curl `--data-binary`, not `-d`.',
  'image-undecodable':
    'The file is damaged, cut off, or of a kind that is not read; `detail` says which. Export it anew.',
  'image-unsuitable': 'Send a frontal chest X-ray, whole and upright; `detail` says what this looks like.',
  'idempotency-mismatch': 'Use a new Idempotency-Key for another image.',
  'webhook-refused': 'Give an https address under a public name.',
  'quota-exhausted': 'Wait for `Retry-After`, or have the plan changed.',
  'concurrency-limited': 'Send fewer at once; jobs that wait count. Try again after `Retry-After`.',
  'rate-limited': 'Send more slowly: `RateLimit` says what is left. Try again after `Retry-After`.',
  internal: 'Try again with the same Idempotency-Key; report `instance` if it stays.',
  'upstream-invalid': 'Try again later with the same Idempotency-Key; report `instance` if it stays.',
  'upstream-unavailable': 'Try again after `Retry-After` with the same Idempotency-Key; nothing was charged.',
  overloaded: 'Try again after `Retry-After` with the same Idempotency-Key; nothing was charged.',
  'upstream-timeout': 'Try again after `Retry-After` with the same Idempotency-Key; nothing was charged.',
  'deadline-exceeded': 'Give the call more time, or send fewer at once.',
}
