import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { AppError } from '@detl/core/api/problem'
import type { CallTarget, Primitives, SigningKey } from '@detl/core/wire/signature'
import { verifyBody, verifyHeaders } from '@detl/core/wire/signature'
import type { HttpBindings } from '@hono/node-server'
import type { Context, MiddlewareHandler } from 'hono'
import type { Logger } from 'pino'
import type { Metrics } from './metrics.ts'
import type { Models } from './models.ts'
import type { ReplayCache } from './replay.ts'
import type { Trace } from './trace.ts'

export type AppDeps = {
  readonly models: Models
  readonly metrics: Metrics
  readonly log: Logger
  readonly replay: ReplayCache
  /** `none` is for a loopback address only: env.ts sees to it. */
  readonly keys: readonly SigningKey[] | 'none'
  readonly maxBodyBytes: number
  /** Bearer token of /metrics; without one, only this machine may read them. */
  readonly metricsToken: string | undefined
  readonly state: { draining: boolean }
}

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

/** Lets only signed calls through, judged by their headers alone: a stranger's body is never read. */
export const signed =
  ({ keys, replay }: AppDeps): MiddlewareHandler<GpuEnv> =>
  async (c, next) => {
    if (keys !== 'none') {
      const begin = performance.now()
      const call = c.get('call')
      const { keyId, nonce, expires } = await verifyHeaders({ ...targetOf(c), keys, primitives: NODE_CRYPTO })
      replay.add(keyId, nonce, expires)
      call.keyId = keyId
      call.nonce = nonce
      call.phases.verify = performance.now() - begin
    }
    await next()
  }

/**
 * The body of a call whose headers are signed.
 * @throws AppError `body-too-large` before more than that is kept, `signature-invalid` for another body than the signed one
 */
export async function readSignedBody(c: Context<GpuEnv>, deps: AppDeps): Promise<Uint8Array> {
  const call = c.get('call')
  const begin = performance.now()
  const headers = headersOf(c)
  const body = await readBody(c.req.raw, headers['content-length'], deps.maxBodyBytes)
  const read = performance.now()
  call.bytesIn = body.length
  call.phases.read = read - begin
  if (deps.keys !== 'none') {
    await verifyBody(body, headers['content-digest'] ?? '', NODE_CRYPTO)
    call.phases.verify = (call.phases.verify ?? 0) + performance.now() - read
  }
  return body
}

async function readBody(request: Request, length: string | undefined, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () => new AppError('body-too-large', `the body exceeds ${maxBytes} bytes`)
  if (length !== undefined && Number(length) > maxBytes) throw tooLarge()
  try {
    // With a length, the HTTP parser hands over exactly that many bytes.
    if (length !== undefined) return new Uint8Array(await request.arrayBuffer())
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of request.body ?? []) {
      size += chunk.length
      if (size > maxBytes) throw tooLarge()
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('request-invalid', 'the body ended before its length', { cause })
  }
}

function targetOf(c: Context<GpuEnv>): CallTarget {
  const { url } = c.req
  const path = url.slice(url.indexOf('/', url.indexOf('//') + 2))
  return { method: c.req.method, path, headers: headersOf(c) }
}

/**
 * WebCrypto sends each digest through the thread pool, 0.1 ms and more while the cores are busy with a run; of this
 * size they take 0.02 ms on the spot.
 */
const NODE_CRYPTO: Primitives = {
  sha256: (bytes) => createHash('sha256').update(bytes).digest(),
  verifyHmac: (key, data, signature) => {
    const expected = createHmac('sha256', key.secret).update(data).digest()
    return signature.length === expected.length && timingSafeEqual(signature, expected)
  },
}
