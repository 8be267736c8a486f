/**
 * Calls between the edge and the GPU function are signed with HTTP Message Signatures (RFC 9421, hmac-sha256, section 3.3.3)
 * over method, path, query and Content-Digest (RFC 9530), so that the body is covered and yet the signature can be
 * checked before the body is read. One source for Node, Workers and browsers: WebCrypto, unless a server brings the same in faster.
 */
import { createSignature } from 'http-message-sig'
import { AppError } from '../api/problem.ts'
import { bytesFromBase64, parseSignatureInput, type SignatureInput, signatureOf } from './signature-input.ts'

/** Milliseconds that the caller still waits, counted from the arrival of the call. Relative, so that clocks need not agree. */
export const DEADLINE_HEADER = 'request-timeout-ms'
/** The accepted distance between the signer's clock and ours, to either side, in seconds. */
export const SIGNATURE_WINDOW_S = 60

/** Headers that change what a call means: signed whenever present, so none can be added, dropped or changed. */
const SIGNED_IF_PRESENT = ['content-type', 'inference-header-content-length', DEADLINE_HEADER] as const
const ALWAYS_SIGNED = ['@method', '@path', '@query', 'content-digest'] as const
const ALGORITHM = 'hmac-sha256'
/** RFC 2104, section 3: keys shorter than the hash output weaken it. */
const MIN_KEY_BYTES = 32

export type SigningKey = { readonly id: string; readonly secret: Uint8Array }
/** Lower-case header names → values. */
export type HeaderValues = Readonly<Record<string, string | undefined>>
/** `path` with its query, as it stands in the request line, for example `/v2/models/detl/infer`. */
export type CallTarget = { readonly method: string; readonly path: string; readonly headers: HeaderValues }
/** What verifying needs of a runtime's cryptography. */
export type Primitives = {
  sha256(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
  /** HMAC-SHA256 of the text in UTF-8, compared in constant time. */
  verifyHmac(key: SigningKey, text: string, signature: Uint8Array): boolean | Promise<boolean>
}
export type VerifiedCall = {
  readonly keyId: string
  readonly nonce: string
  /** Until then, in ms since the epoch, this signature would be accepted again: keep the nonce so long. */
  readonly expires: number
}

/**
 * `id:base64,id2:base64`: the first key signs, each verifies, so a key is rotated by putting the new one first
 * everywhere, then dropping the old one.
 * @throws TypeError that names the entry, never the secret
 */
export function parseSigningKeys(text: string): SigningKey[] {
  const keys = text.split(',').map((entry, index) => {
    const match = /^\s*([A-Za-z0-9._-]{1,64}):([A-Za-z0-9+/]+={0,2})\s*$/.exec(entry)
    if (!match) throw new TypeError(`signing key ${index + 1} is not id:base64`)
    const id = match[1]!
    let secret: Uint8Array
    try {
      secret = bytesFromBase64(match[2]!)
    } catch (cause) {
      throw new TypeError(`signing key "${id}" is not base64`, { cause })
    }
    if (secret.length < MIN_KEY_BYTES)
      throw new TypeError(
        `signing key "${id}" has ${secret.length} bytes; at least ${MIN_KEY_BYTES} are needed`,
      )
    return { id, secret }
  })
  if (new Set(keys.map((key) => key.id)).size !== keys.length)
    throw new TypeError('two signing keys have one id')
  return keys
}

/**
 * The headers that sign a call: `content-digest`, `signature-input`, `signature`; add them to those given.
 * @param call `headers` must hold `content-type`, `inference-header-content-length` and `request-timeout-ms` if the call has
 *   them; `now` in ms since the epoch; `nonce` unique for each call
 */
export async function signRequest(
  call: CallTarget & { body: Uint8Array; key: SigningKey; now?: number; nonce?: string },
): Promise<{ 'content-digest': string; 'signature-input': string; signature: string }> {
  const digest = `sha-256=:${base64(await webCrypto.sha256(call.body))}:`
  const headers: HeaderValues = { ...call.headers, 'content-digest': digest }
  const { signature, signatureInput } = await createSignature(message({ ...call, headers }), {
    components: [...ALWAYS_SIGNED, ...SIGNED_IF_PRESENT.filter((name) => headers[name] !== undefined)],
    parameters: {
      created: Math.floor((call.now ?? Date.now()) / 1000),
      nonce: call.nonce ?? crypto.randomUUID(),
      keyid: call.key.id,
      alg: ALGORITHM,
    },
    signer: {
      algorithm: ALGORITHM,
      sign: async (base) => new Uint8Array(await crypto.subtle.sign('HMAC', await hmacKey(call.key), base)),
    },
  })
  return { 'content-digest': digest, 'signature-input': signatureInput, signature }
}

/**
 * Checks everything but the body: call it before the body is read, then {@link verifyBody}.
 * The nonce is for the server to remember: replay is its to refuse.
 * @param call `primitives`: WebCrypto, and so in constant time, unless given
 * @throws AppError `signature-missing`, `signature-invalid` or `signature-expired`
 */
export async function verifyHeaders(
  call: CallTarget & { keys: readonly SigningKey[]; now?: number; primitives?: Primitives },
): Promise<VerifiedCall> {
  const { headers, primitives = webCrypto } = call
  if (!headers.signature || !headers['signature-input'] || !headers['content-digest'])
    throw new AppError('signature-missing', 'the call needs signature, signature-input and content-digest')
  const input = parseSignatureInput(headers['signature-input'])
  const key = call.keys.find((k) => k.id === input?.keyid)
  const signature = input && signatureOf(headers.signature, input.label)
  const base = input && signatureBase(call, input)
  // One answer for an unknown key, a wrong signature and a part left unsigned: no oracle for guesses.
  const invalid = () => new AppError('signature-invalid', 'the signature does not verify for this call')
  if (!input || !key || !signature || base === undefined) throw invalid()
  if (!coversAll(input.components, headers) || input.alg !== ALGORITHM) throw invalid()
  if (!(await primitives.verifyHmac(key, base, signature))) throw invalid()
  // Time is judged after the signature: a stranger learns nothing of our clock.
  const nowS = (call.now ?? Date.now()) / 1000
  const age = nowS - input.created
  // `created` is whole seconds, rounded down: one more second, so that the window is never shorter than it says.
  if (Math.abs(age) > SIGNATURE_WINDOW_S + 1 || (input.expires !== undefined && input.expires < nowS))
    throw new AppError(
      'signature-expired',
      `the call was signed ${Math.round(age)} s ago by this server's clock; ${SIGNATURE_WINDOW_S} s are accepted`,
    )
  return { keyId: key.id, nonce: input.nonce, expires: (input.created + SIGNATURE_WINDOW_S + 2) * 1000 }
}

function coversAll(components: readonly string[], headers: HeaderValues): boolean {
  for (const name of ALWAYS_SIGNED) if (!components.includes(name)) return false
  for (const name of SIGNED_IF_PRESENT)
    if (headers[name] !== undefined && !components.includes(name)) return false
  return true
}

/**
 * The second half: the body is the one that was signed.
 * @param digest value of `content-digest`, already covered by the signature
 * @throws AppError `signature-invalid`
 */
export async function verifyBody(
  body: Uint8Array,
  digest: string,
  primitives: Primitives = webCrypto,
): Promise<void> {
  const match = /^sha-256=:([A-Za-z0-9+/]{43}=):$/.exec(digest)
  if (!match) throw new AppError('signature-invalid', 'content-digest must be one sha-256 digest')
  // Not secret: the digest came with the call, so an early-out comparison tells nothing.
  if (base64(await primitives.sha256(body)) !== match[1])
    throw new AppError('signature-invalid', 'the body is not the one that was signed')
}

/** {@link verifyHeaders} and {@link verifyBody} in one, for a call whose body is at hand. */
export async function verifyRequest(
  call: CallTarget & { body: Uint8Array; keys: readonly SigningKey[]; now?: number },
): Promise<VerifiedCall> {
  const verified = await verifyHeaders(call)
  await verifyBody(call.body, call.headers['content-digest']!)
  return verified
}

/**
 * RFC 9421, section 2.5. Written out here, though the library that signs could do it: verifying stands before every
 * call of a server, and takes a tenth of the time with one known set of components. Tests hold the two against each other.
 * @returns undefined when a covered component is not there, or is of a kind that is not supported
 */
function signatureBase(call: CallTarget, { components, params }: SignatureInput): string | undefined {
  const query = call.path.indexOf('?')
  const derived: Record<string, string> = {
    '@method': call.method,
    '@path': query < 0 ? call.path : call.path.slice(0, query),
    // Section 2.2.7: an absent query is the question mark alone.
    '@query': query < 0 ? '?' : call.path.slice(query),
  }
  let base = ''
  for (const name of components) {
    const value = name.startsWith('@') ? derived[name] : call.headers[name]?.trim()
    if (value === undefined || /[\r\n]/.test(value)) return undefined
    base += `"${name}": ${value}\n`
  }
  return `${base}"@signature-params": ${params}`
}

function message(call: CallTarget) {
  const fields = [...SIGNED_IF_PRESENT, 'content-digest', 'signature', 'signature-input'].flatMap((name) => {
    const value = call.headers[name]
    return value === undefined ? [] : [{ name, value }]
  })
  // Scheme and authority are not signed (a load balancer may rewrite them); the library wants an absolute address.
  return { kind: 'request' as const, method: call.method, targetUri: `http://detl${call.path}`, fields }
}

const imported = new WeakMap<SigningKey, Promise<unknown>>()

function hmacKey(key: SigningKey): Promise<unknown> {
  let promise = imported.get(key)
  if (!promise) {
    promise = crypto.subtle.importKey('raw', key.secret, { name: 'HMAC', hash: 'SHA-256' }, false, [
      'sign',
      'verify',
    ])
    imported.set(key, promise)
  }
  return promise
}

const webCrypto: Primitives = {
  sha256: async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)),
  verifyHmac: async (key, text, signature) =>
    crypto.subtle.verify('HMAC', await hmacKey(key), signature, new TextEncoder().encode(text)),
}

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes))
