import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto'
import { AppError } from '@detl/core/api/problem'
import type { CallTarget, Primitives, SigningKey } from '@detl/core/wire/signature'
import { verifyBody, verifyHeaders } from '@detl/core/wire/signature'
import type { Context, MiddlewareHandler } from 'hono'
import { type GpuEnv, headersOf } from './call.ts'
import type { ReplayCache } from './replay.ts'

export type SignedDeps = {
  /** `none` is for a loopback address only: env.ts sees to it. */
  readonly keys: readonly SigningKey[] | 'none'
  readonly replay: ReplayCache
}

export type BodyDeps = Pick<SignedDeps, 'keys'> & { readonly maxBodyBytes: number }

/** Lets only signed calls through, judged by their headers alone: a stranger's body is never read. */
export const signed =
  ({ keys, replay }: SignedDeps): MiddlewareHandler<GpuEnv> =>
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
 * @throws AppError `encoding-unsupported` for a compressed one, `body-too-large` before more than that is kept, `signature-invalid` for another body than the signed one
 */
export async function readSignedBody(c: Context<GpuEnv>, deps: BodyDeps): Promise<Uint8Array> {
  const call = c.get('call')
  const begin = performance.now()
  const headers = headersOf(c)
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? ''
  if (encoding !== '' && encoding !== 'identity')
    throw new AppError('encoding-unsupported', 'send the body as it is: pixels gain little from compression')
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
  sha256: (bytes) => hash('sha256', bytes, 'buffer'),
  verifyHmac: (key, data, signature) => {
    const expected = createHmac('sha256', keyObject(key)).update(data).digest()
    return signature.length === expected.length && timingSafeEqual(signature, expected)
  },
}

const imported = new WeakMap<SigningKey, KeyObject>()

function keyObject(key: SigningKey): KeyObject {
  const known = imported.get(key) ?? createSecretKey(key.secret)
  imported.set(key, known)
  return known
}
