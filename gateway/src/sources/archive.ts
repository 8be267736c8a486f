import { AppError } from '@detl/core/api/problem'
import { readRelated } from '@detl/core/wire/multipart-related'
import type { GatewayConfig } from '../config.ts'
import { type Http, jsonOf } from '../http/client.ts'
import { FaultError } from '../queue/fault.ts'

/** DICOM JSON (PS3.18, annex F): what of it is read here. */
export type Row = Readonly<Record<string, { readonly Value?: readonly unknown[] } | undefined>> | null

/** An archive's QIDO-RS and WADO-RS, as their client. Both throw a FaultError. */
export type Archive = {
  /** Its address, and what of it stands in messages. */
  readonly base: string
  readonly host: string
  readonly search: (path: string, query: Record<string, string>, signal: AbortSignal) => Promise<Row[]>
  /** The objects that it gives for one instance, in the transfer syntax that they are stored in. */
  readonly retrieve: (path: string, signal: AbortSignal) => Promise<Uint8Array[]>
}

/** Some hundred thousand rows. */
const MAX_SEARCH_BYTES = 2 ** 26
/** What stands around an object in multipart/related, at most. */
const MAX_AROUND_BYTES = 2 ** 16
/** Statuses that say nothing of the image: who asks is not known or may not, asks too often, or the archive is not up to it (RFC 9110, section 15). */
const OF_THE_ARCHIVE = [401, 403, 407, 429, 502, 503, 504]

/** @param maxBytes of an object */
export function archiveOf(
  { url, headers }: Pick<GatewayConfig['poll'][number], 'url' | 'headers'>,
  http: Http,
  maxBytes: number,
): Archive {
  const base = url.replace(/\/$/, '')
  const { host } = new URL(base)
  return {
    base,
    host,
    async search(path, query, signal) {
      const response = await http(
        `${base}${path}?${new URLSearchParams(query)}`,
        { headers: { ...headers, accept: 'application/dicom+json' }, signal },
        MAX_SEARCH_BYTES,
      )
      const asked = `${host}, QIDO-RS ${path}:`
      if (response.status === 204) return []
      if (!response.ok)
        throw new FaultError({ code: codeOf(response.status), reason: `${asked} ${response.status}` })
      const rows = await jsonOf(response, asked)
      if (!Array.isArray(rows)) throw new FaultError({ code: 'answer-invalid', reason: `${asked} no list` })
      return rows
    },
    async retrieve(path, signal) {
      const accept = 'multipart/related; type="application/dicom"; transfer-syntax=*'
      const response = await http(
        `${base}${path}`,
        { headers: { ...headers, accept }, signal },
        maxBytes + MAX_AROUND_BYTES,
      )
      if (!response.ok) throw refusal(host, response.status)
      const type = response.headers.get('content-type') ?? ''
      return partsOf(type, new Uint8Array(await response.arrayBuffer()), host)
    },
  }
}

function refusal(host: string, status: number): FaultError {
  if (status === 404)
    return new FaultError({
      code: 'away',
      reason: `${host} lists an image and answers 404 for it: Orthanc does so where it holds the study under two Patient IDs. Remove the wrong one`,
    })
  return new FaultError({ code: codeOf(status), reason: `${host}, WADO-RS: ${status}` })
}

/** Whether it is all that the archive refuses, or this alone. */
const codeOf = (status: number) => (OF_THE_ARCHIVE.includes(status) ? 'archive-refused' : 'request-refused')

/** @throws FaultError where it is no multipart */
function partsOf(type: string, body: Uint8Array<ArrayBuffer>, host: string): Uint8Array[] {
  try {
    return readRelated(type, body).map((part) => new Uint8Array(part.body))
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new FaultError({ code: 'answer-invalid', reason: `${host}, WADO-RS: ${error.detail}` })
  }
}
