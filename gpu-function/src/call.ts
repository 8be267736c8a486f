import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { Trace } from './trace.ts'

/** What is known of a call besides its body, and what becomes of it: read by the log and the metrics. */
export type Call = {
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
export type GpuEnv = { Variables: { call: Call }; Bindings: Partial<HttpBindings> }

/** The call's headers by lower-case name: Node's own object, which is there already, or Hono's when there is no socket. */
export const headersOf = (c: Context<GpuEnv>): Readonly<Record<string, string | undefined>> =>
  (c.env?.incoming?.headers as Record<string, string | undefined> | undefined) ?? c.req.header()
