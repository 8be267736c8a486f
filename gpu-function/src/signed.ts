import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { AppError } from '@detl/core/api/problem'
import type { Primitives, SigningKey } from '@detl/core/wire/signature'
import { verifyBody, verifyHeaders } from '@detl/core/wire/signature'
import type { Call } from './call.ts'
import type { ReplayCache } from './replay.ts'

export type SignedDeps = {
  /** `none` is for a loopback address only: env.ts sees to it. */
  readonly keys: readonly SigningKey[] | 'none'
  readonly replay: ReplayCache
}

export type BodyDeps = Pick<SignedDeps, 'keys'> & { readonly maxBodyBytes: number }

/** Lets only signed calls through, judged by their headers alone: a stranger's body is never read. @throws AppError of {@link verifyHeaders} and of the replay cache */
export async function verifyCall(call: Call, { keys, replay }: SignedDeps): Promise<void> {
  if (keys === 'none') return
  const begin = performance.now()
  const { method, target: path, headers } = call
  const { keyId, nonce, expires } = await verifyHeaders({
    method,
    path,
    headers,
    keys,
    primitives: NODE_CRYPTO,
  })
  replay.add(keyId, nonce, expires)
  call.keyId = keyId
  call.nonce = nonce
  call.phases.verify = performance.now() - begin
}

/**
 * The body of a call whose headers are signed.
 * @throws AppError `encoding-unsupported` for a compressed one, `body-too-large` before more than that is kept, `signature-invalid` for another body than the signed one
 */
export async function readSignedBody(call: Call, deps: BodyDeps): Promise<Uint8Array> {
  const begin = performance.now()
  const { headers } = call
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? ''
  if (encoding !== '' && encoding !== 'identity')
    throw new AppError('encoding-unsupported', 'send the body as it is: pixels gain little from compression')
  const body = await readBody(call.incoming, deps.maxBodyBytes)
  const read = performance.now()
  call.bytesIn = body.length
  call.phases.read = read - begin
  if (deps.keys !== 'none') {
    await verifyBody(body, headers['content-digest'] ?? '', NODE_CRYPTO)
    call.phases.verify = (call.phases.verify ?? 0) + performance.now() - read
  }
  return body
}

async function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () => new AppError('body-too-large', `the body exceeds ${maxBytes} bytes`)
  if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) throw tooLarge()
  const chunks: Uint8Array[] = []
  let size = 0
  await new Promise<void>((resolve, reject) => {
    incoming.on('data', (chunk: Uint8Array) => {
      size += chunk.length
      if (size > maxBytes) reject(tooLarge())
      else chunks.push(chunk)
    })
    incoming.on('end', resolve)
    const cut = (cause?: Error) =>
      reject(new AppError('request-invalid', 'the body ended before its length', { cause }))
    incoming.on('error', cut)
    incoming.on('close', cut)
  })
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}

/**
 * WebCrypto sends each digest through the thread pool, 0.1 ms and more while the cores are busy with a run; of this
 * size they take 0.02 ms on the spot.
 */
const NODE_CRYPTO: Primitives = {
  sha256: (bytes) => hash('sha256', bytes, 'buffer'),
  verifyHmac: (key, text, signature) => {
    const expected = createHmac('sha256', keyObject(key)).update(text).digest()
    return signature.length === expected.length && timingSafeEqual(signature, expected)
  },
}

const imported = new WeakMap<SigningKey, KeyObject>()

function keyObject(key: SigningKey): KeyObject {
  const known = imported.get(key) ?? createSecretKey(key.secret)
  imported.set(key, known)
  return known
}
