import { timingSafeEqual } from 'node:crypto'
import { AppError } from '@detl/core/api/problem'
import { joinBytes } from '@detl/core/base/join-bytes'
import { FAILURE, storeResponse } from '@detl/core/dicomweb/store-response'
import { readRelated } from '@detl/core/wire/multipart-related'
import type { Context } from 'hono'
import type { Receive, Received } from './receive.ts'

const FAILURES = {
  full: FAILURE.outOfResources,
  unreadable: FAILURE.notUnderstood,
  mismatch: FAILURE.mismatch,
} as const

/** `Authorization: Bearer …` against the configured token, in a time that does not tell how much of it was right. */
export function bearerMatches(header: string | undefined, token: string): boolean {
  const given = Buffer.from(/^Bearer (.+)$/.exec(header ?? '')?.[1] ?? '')
  const wanted = Buffer.from(token)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

/**
 * STOW-RS (PS3.18, section 10.5): 200 where each object was taken in or is none of ours, 202 where some were not, 409 where none was.
 * @param maxBytes of a request
 */
export const stowRoute =
  (receive: Receive, token: string, maxBytes: number) =>
  async (c: Context): Promise<Response> => {
    if (!bearerMatches(c.req.header('authorization'), token))
      return c.body(null, 401, { 'www-authenticate': 'Bearer' })
    const type = c.req.header('content-type') ?? ''
    const body = await bodyOf(c.req.raw, maxBytes)
    if (!body) return c.body(null, 413)
    let parts: readonly Uint8Array[]
    try {
      if (/^application\/dicom\b/i.test(type)) parts = [body]
      else if (/^multipart\/related\b/i.test(type))
        parts = readRelated(type, body).map((part) => new Uint8Array(part.body))
      else return c.body(null, 415)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      return c.text(error.detail, 400)
    }
    const study = c.req.param('study')
    const received: Received[] = []
    for (const part of parts) received.push(await receive(part, 'stow', study === undefined ? {} : { study })) // another study's is refused
    return answer(c, received)
  }

/** All of the body; undefined where it is longer, whether it says so or not. */
async function bodyOf({ headers, body }: Request, maxBytes: number): Promise<Uint8Array | undefined> {
  if (Number(headers.get('content-length') ?? 0) > maxBytes) return undefined
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of body ?? []) {
    length += piece.length
    if (length > maxBytes) return undefined // leaving the loop cancels the rest
    pieces.push(piece)
  }
  return joinBytes(pieces)
}

function answer(c: Context, received: readonly Received[]): Response {
  const { status, body } = storeResponse(
    received.map(({ header, outcome }) => ({
      sopClass: header?.identity.sop_class ?? '',
      sopInstance: header?.identity.sop_instance ?? '',
      ...(outcome in FAILURES && { failure: FAILURES[outcome as keyof typeof FAILURES] }),
    })),
  )
  return c.body(JSON.stringify(body), status, { 'content-type': 'application/dicom+json' })
}
