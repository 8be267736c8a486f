import { timingSafeEqual } from 'node:crypto'
import { AppError } from '@detl/core/api/problem'
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
    if (Number(c.req.header('content-length') ?? 0) > maxBytes) return c.body(null, 413)
    const type = c.req.header('content-type') ?? ''
    const body = new Uint8Array(await c.req.arrayBuffer())
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
