import type { IncomingMessage } from 'node:http'
import type { Trace } from './trace.ts'

/** A call: what came, what is known of it, and what becomes of it. The log and the metrics read the second half. */
export type Call = {
  readonly method: string
  /** Path with its query, as it stands in the request line: what is signed. */
  readonly target: string
  readonly path: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The body, and the connection that it comes over. */
  readonly incoming: IncomingMessage
  /** Aborted when the caller closes the connection before the answer is out. */
  readonly left: AbortSignal
  /** `performance.now()` of the arrival: deadlines count from it. */
  readonly since: number
  readonly trace: Trace
  /** Of the signature; absent where calls are not signed. */
  nonce?: string
  keyId?: string
  /** Name of the loaded model that was asked, and only of a loaded one. */
  model?: string
  version?: string
  rows?: number
  batchRows?: number
  bytesIn?: number
  retryAfterS?: number
  /** Problem code, or `cancelled`; absent for what went well. */
  code?: string
  /** Milliseconds of each phase, in order: Server-Timing. */
  readonly phases: Record<string, number>
}

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | string
}

/** What a route asks for by its path: `:name` and `:version`, decoded. */
export type Params = { readonly name: string; readonly version: string | undefined }
export type Route = (call: Call, params: Params) => Answer | Promise<Answer>

export const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
})
