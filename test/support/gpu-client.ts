import {
  decodeInferResponse,
  encodeInferRequest,
  HEADER_LENGTH,
  type InferResponse,
  parseHeaderLength,
} from '@detl/core/wire/oip'
import { parseSigningKeys, type SigningKey, signRequest } from '@detl/core/wire/signature'

export const KEYS = parseSigningKeys(
  `new:${Buffer.alloc(32, 1).toString('base64')},old:${Buffer.alloc(32, 2).toString('base64')}`,
)
export const KEYS_TEXT = KEYS.map((key) => `${key.id}:${Buffer.from(key.secret).toString('base64')}`).join()

export type InferCall = {
  /** UINT8 rows of size × size, one after the other. */
  image: Uint8Array
  size?: number
  preprocess?: string | null
  outputs?: string[]
  mode?: 'test'
  id?: string
  path?: string
  key?: SigningKey
  now?: number
  nonce?: string
  headers?: Record<string, string>
}

/** A genuine call as the edge makes it: binary, signed. */
export async function inferCall(
  call: InferCall,
): Promise<{ path: string; init: RequestInit & { body: Uint8Array<ArrayBuffer> } }> {
  const size = call.size ?? 32
  const path = call.path ?? '/v2/models/detl/infer'
  const preprocess = call.preprocess === undefined ? `cxr-grey@2/${size}` : call.preprocess
  const { body, headerLength } = encodeInferRequest({
    ...(call.id !== undefined && { id: call.id }),
    inputs: [
      {
        name: 'image',
        datatype: 'UINT8',
        shape: [call.image.length / size ** 2, 1, size, size],
        data: call.image,
      },
    ],
    ...(call.outputs && { outputs: call.outputs }),
    ...(preprocess !== null && { parameters: { preprocess, ...(call.mode && { mode: call.mode }) } }),
  })
  const headers: Record<string, string> = {
    'content-type': 'application/octet-stream',
    [HEADER_LENGTH]: String(headerLength),
    ...call.headers,
  }
  return {
    path,
    init: {
      method: 'POST',
      body,
      headers: { ...headers, ...(await signatureOf('POST', path, headers, body, call)) },
    },
  }
}

/** A signed call of any other kind. */
export async function signedCall(method: string, path: string, body?: string): Promise<RequestInit> {
  const bytes = new TextEncoder().encode(body ?? '')
  const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
  const signature = await signatureOf(method, path, headers, bytes)
  return { method, headers: { ...headers, ...signature }, ...(body !== undefined && { body }) }
}

export async function readAnswer(response: Response): Promise<InferResponse> {
  return decodeInferResponse(
    new Uint8Array(await response.arrayBuffer()),
    parseHeaderLength(response.headers.get(HEADER_LENGTH)),
  )
}

const signatureOf = (
  method: string,
  path: string,
  headers: Record<string, string>,
  body: Uint8Array,
  by: { key?: SigningKey; now?: number; nonce?: string } = {},
) =>
  signRequest({
    method,
    path,
    headers,
    body,
    key: by.key ?? KEYS[0]!,
    ...(by.now !== undefined && { now: by.now }),
    ...(by.nonce !== undefined && { nonce: by.nonce }),
  })
