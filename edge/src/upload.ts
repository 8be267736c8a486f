import { AppError } from '@detl/core/api/problem'
import { readRelated } from '@detl/core/wire/multipart-related'
import type { Claim } from './byte-budget.ts'
import type { Deadline } from './deadline.ts'
import { drain } from './drain.ts'
import { roomFor } from './room.ts'

export type UploadRules = {
  readonly maxBytes: number
  /** An upload that is slower than this, after its first seconds, is ended: stalled ones hold memory that others could use. */
  readonly graceMs: number
  readonly minBytesPerS: number
}

/** A form is parsed into parts beside its body, and the image is taken out of its part. */
const COPIES_OF_A_FORM = 3
/** No form of ours has so many; the platform reads a million of them in one go, and everybody waits meanwhile. */
const MAX_FORM_PARTS = 64

/**
 * The image: the raw body, or the part `image` of multipart/form-data (what an HTML form or `curl -F image=@…` sends); inflated where
 * `Content-Encoding` is gzip.
 * @param claim of the memory that it takes
 * @throws AppError request-invalid, image-missing, upload-timeout, upload-incomplete, body-too-large, encoding-unsupported, overloaded
 */
export async function readUpload(
  request: Request,
  rules: UploadRules,
  claim: Claim,
  deadline: Deadline,
): Promise<Uint8Array> {
  if (!isForm(request)) return readBody(request, rules, claim, deadline)
  const form = await readForm(request, rules, claim, deadline)
  const [part, ...more] = form.getAll('image')
  if (more.length > 0)
    throw new AppError(
      'request-invalid',
      `the multipart body has ${1 + more.length} parts named "image"; one image is screened a request`,
    )
  if (!(part instanceof File))
    throw new AppError('image-missing', 'the multipart body needs a file part named "image"')
  return new Uint8Array(await part.arrayBuffer())
}

export const isForm = (request: Request): boolean =>
  /^multipart\/form-data\b/i.test(request.headers.get('content-type') ?? '')

/** The parts of multipart/form-data. @throws AppError as `readUpload` does */
export async function readForm(
  request: Request,
  rules: UploadRules,
  claim: Claim,
  deadline: Deadline,
): Promise<FormData> {
  const body = await readBody(request, rules, claim, deadline)
  claim.hold(Math.min(COPIES_OF_A_FORM * body.length, rules.maxBytes))
  const type = request.headers.get('content-type') ?? ''
  readRelated(type, body, MAX_FORM_PARTS)
  return new Response(body, { headers: { 'content-type': type } }).formData().catch((cause) => {
    throw new AppError('request-invalid', 'the multipart body is not well-formed', { cause })
  })
}

/** The request's body, refused as soon as it is known to be too large or not to fit: by its declared length before a byte is read. */
async function readBody(
  request: Request,
  rules: UploadRules,
  claim: Claim,
  deadline: Deadline,
): Promise<Uint8Array<ArrayBuffer>> {
  const { maxBytes } = rules
  const tooLarge = (size: string) =>
    new AppError('body-too-large', `${size} bytes; at most ${maxBytes} are accepted`)
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > maxBytes) throw tooLarge(String(declared))
  if (!request.body) throw new AppError('image-missing', 'the body is the image: image/png or image/jpeg')

  const { stream, encoding } = decoded(request)
  let buffer = new Uint8Array(roomFor(declared, 0, maxBytes))
  // What is declared is counted at once, so that who does not fit is told before sending; room is made as bytes come.
  claim.hold(Math.max(declared, buffer.length))
  let length = 0
  const reader = stream.getReader()
  const next = paced(reader, rules, deadline, encoding)
  try {
    for (;;) {
      const chunk = await next(length)
      if (!chunk) break
      if (length + chunk.byteLength > maxBytes) throw tooLarge(`more than ${maxBytes}`)
      if (length + chunk.byteLength > buffer.length) {
        // The old stands beside the new while it is copied.
        const size = roomFor(declared, length + chunk.byteLength, maxBytes)
        claim.hold(Math.max(declared, size))
        const larger = new Uint8Array(size)
        larger.set(buffer.subarray(0, length))
        buffer = larger
      }
      buffer.set(chunk, length)
      length += chunk.byteLength
    }
  } catch (error) {
    if (error instanceof AppError && error.code === 'body-too-large') await drain(reader)
    else void reader.cancel().catch(() => undefined) // a caller that stalls or is gone has nothing to be told
    throw error
  }
  if (length === 0) throw new AppError('image-missing', 'the body is empty; it must be the image')
  return buffer.subarray(0, length)
}

type Encoding = 'identity' | 'gzip'

/** The body as it was before `Content-Encoding` (RFC 9110, section 8.4). */
function decoded(request: Request): { stream: ReadableStream<Uint8Array>; encoding: Encoding } {
  const body = request.body as ReadableStream<Uint8Array>
  const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase()
  if (encoding === 'identity' || encoding === '') return { stream: body, encoding: 'identity' }
  if (encoding !== 'gzip' && encoding !== 'x-gzip')
    throw new AppError('encoding-unsupported', 'send the file’s own bytes, or compress them with gzip')
  const gunzip = new DecompressionStream('gzip') as ReadableWritablePair<Uint8Array, Uint8Array>
  return { stream: body.pipeThrough(gunzip), encoding: 'gzip' }
}

/** Reads on; undefined at the end. @param received so far, by which it is known how long the next chunk may take */
function paced(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { graceMs, minBytesPerS }: UploadRules,
  deadline: Deadline,
  encoding: Encoding,
): (received: number) => Promise<Uint8Array | undefined> {
  const began = Date.now()
  return async (received) => {
    const until = began + graceMs + (received / minBytesPerS) * 1000
    const late = () =>
      new AppError(
        'upload-timeout',
        until < deadline.at
          ? `the image came at less than ${minBytesPerS} bytes a second`
          : `the image did not arrive within ${deadline.seconds} s`,
      )
    const read = reader.read().catch((cause) => {
      throw encoding === 'gzip'
        ? new AppError(
            'request-invalid',
            'the body is no whole gzip stream, as Content-Encoding says it is',
            { cause },
          )
        : new AppError('upload-incomplete', 'the body broke off, or is not well-formed', { cause })
    })
    const { done, value } = await deadline.within(read, late, until)
    return done ? undefined : value
  }
}
