import type { BatchItem } from '@detl/core/api/batch'
import { AppError } from '@detl/core/api/problem'
import { joinBytes } from '@detl/core/base/join-bytes'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { readRelated } from '@detl/core/wire/multipart-related'
import type { Claim } from '../byte-budget.ts'
import { deadlineIn } from '../deadline.ts'
import { identify } from '../dicomweb/identify.ts'
import { roomFor } from '../room.ts'
import type { UploadRules } from '../upload.ts'
import { type HostCircuits, SILENCES } from './host-circuits.ts'
import { allowedKey, allowedUrl, type SourceHosts } from './source-rules.ts'

export type SourceDeps = {
  /** What images of the accounts lie in, each below a folder of its own. */
  readonly archive: Pick<R2Bucket, 'get'>
  readonly hosts: SourceHosts
  readonly maxBytes: number
  /** For an answer to begin. */
  readonly timeoutMs: number
  /** What is slower than this, after its first seconds, is given up: it holds memory and a worker that others could use. */
  readonly pace: Pick<UploadRules, 'graceMs' | 'minBytesPerS'>
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly circuits: HostCircuits
}

type For = { readonly account: string; readonly authorization: string | undefined; readonly claim: Claim }

/**
 * The bytes of an item's image.
 * @param authorization for DICOMweb servers; no other host gets it
 * @param claim of the memory that they take
 * @throws AppError source-refused, source-missing, source-unavailable, source-not-asked, body-too-large, overloaded
 */
export async function fetchSource(deps: SourceDeps, item: BatchItem, of: For): Promise<Uint8Array> {
  if ('r2' in item) {
    const object = await deps.archive.get(allowedKey(of.account, item.r2))
    if (!object) throw new AppError('source-missing', 'the bucket has no object with this key')
    return readAll(deps, object.body, object.size, of.claim)
  }
  if ('url' in item) return (await download(deps, allowedUrl(item.url, deps.hosts), {}, of)).bytes
  const { authorization } = of
  const headers = {
    accept: 'multipart/related; type="application/dicom"; transfer-syntax=*',
    ...(authorization !== undefined && { authorization }),
  }
  const { bytes, type } = await download(deps, allowedUrl(item.dicomweb, deps.hosts), headers, of)
  const object = /^multipart\/related\b/i.test(type) ? readRelated(type, bytes)[0]?.body : bytes
  if (!object) throw new AppError('source-missing', 'the DICOMweb server answered without an object')
  const is = await identify(object, DEFAULT_LIMITS)
  if (is && is.sopInstance !== instanceIn(item.dicomweb))
    throw new AppError(
      'source-missing',
      `the DICOMweb server answered with another object, ${is.sopInstance}: its result would stand under the address of this one`,
    )
  return object
}

/** What an address of one instance, `…/instances/{uid}`, asks for. */
const instanceIn = (address: string): string | undefined =>
  /\/instances\/([0-9.]+)\/?$/.exec(new URL(address).pathname)?.[1]

/** From a host that has not been silent before. */
async function download(
  deps: SourceDeps,
  url: URL,
  headers: Readonly<Record<string, string>>,
  { account, claim }: For,
): Promise<{ bytes: Uint8Array; type: string }> {
  const { circuits } = deps
  const { host } = url
  if (!circuits.mayAsk(account, host))
    throw new AppError('source-not-asked', `${host} gave no answer ${SILENCES} times in a row or more`)
  try {
    const { body, length, type } = await get(deps, url, headers)
    const bytes = await readAll(deps, body, length, claim)
    circuits.answered(account, host)
    return { bytes, type }
  } catch (error) {
    if (error instanceof Silence) circuits.silent(account, host)
    else if (error instanceof AppError && error.code !== 'overloaded') circuits.answered(account, host)
    throw error
  }
}

/** Nothing came for so long that a worker was held up. */
class Silence extends AppError {
  constructor(detail: string, options?: ErrorOptions) {
    super('source-unavailable', detail, options)
  }
}

type Got = { readonly body: ReadableStream<Uint8Array>; readonly length: number; readonly type: string }

/** One GET that follows no redirect: it would lead past the rules. */
async function get(
  { fetch, timeoutMs }: SourceDeps,
  url: URL,
  headers: Readonly<Record<string, string>>,
): Promise<Got> {
  const response = await fetch(url.href, {
    headers,
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((cause) => {
    throw new Silence(`${url.host} cannot be reached, or gave no answer in time`, { cause })
  })
  const { status, body } = response
  if (status === 200 && body) {
    const length = Number(response.headers.get('content-length') ?? 0)
    return { body, length, type: response.headers.get('content-type') ?? '' }
  }
  void body?.cancel().catch(() => undefined)
  if (status === 0 || (status >= 300 && status < 400))
    throw new AppError('source-refused', `${url.host} answers with a redirect, which is not followed`)
  if (status === 408 || status === 425 || status === 429 || status >= 500)
    throw new AppError('source-unavailable', `${url.host} answered ${status}`)
  throw new AppError('source-missing', `${url.host} answered ${status}`)
}

async function readAll(
  { maxBytes, pace: { graceMs, minBytesPerS } }: SourceDeps,
  body: ReadableStream<Uint8Array>,
  length: number,
  claim: Claim,
): Promise<Uint8Array> {
  const tooLarge = (size: string) =>
    new AppError('body-too-large', `the image has ${size} bytes; at most ${maxBytes} are accepted`)
  if (length > maxBytes) {
    void body.cancel().catch(() => undefined)
    throw tooLarge(String(length))
  }
  const pieces: Uint8Array[] = []
  let read = 0
  let held = roomFor(length, 0, maxBytes)
  await holdSoon(claim, held)
  const late = () => new Silence(`the image came at less than ${minBytesPerS} bytes a second`)
  const deadline = deadlineIn(graceMs + (maxBytes / minBytesPerS) * 1000)
  const began = Date.now()
  const reader = body.getReader()
  try {
    for (;;) {
      const until = began + graceMs + (read / minBytesPerS) * 1000
      const { done, value: piece } = await deadline.within(reader.read(), late, until)
      if (done) break
      read += piece.length
      if (read > maxBytes) throw tooLarge(`more than ${maxBytes}`)
      if (read > held) {
        held = roomFor(length, read, maxBytes)
        await holdSoon(claim, held)
      }
      pieces.push(piece)
    }
  } catch (cause) {
    void reader.cancel().catch(() => undefined)
    if (cause instanceof AppError) throw cause
    throw new AppError('source-unavailable', 'the image broke off on its way', { cause })
  }
  return joinBytes(pieces)
}

const WAIT_MS = 50
const WAITS = 200

/** Memory as soon as others let go of theirs: a worker has time. @throws AppError overloaded after ten seconds */
async function holdSoon(claim: Claim, bytes: number): Promise<void> {
  for (let waits = 0; ; waits++) {
    try {
      claim.hold(bytes)
      return
    } catch (error) {
      if (waits >= WAITS) throw error
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS))
    }
  }
}
