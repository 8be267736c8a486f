import { parseSigningKeys, SIGNATURE_WINDOW_S, signRequest, verifyRequest } from '@detl/core/wire/signature'
import { describe, expect, it } from 'vitest'

const [key, next] = parseSigningKeys(`one:${btoa('k'.repeat(32))},two:${btoa('n'.repeat(32))}`) as [
  ReturnType<typeof parseSigningKeys>[0],
  ReturnType<typeof parseSigningKeys>[0],
]
const body = Uint8Array.from([1, 2, 3])
const now = Date.UTC(2026, 0, 1)
const plain = {
  method: 'POST',
  path: '/v2/models/detl/infer',
  headers: { 'content-type': 'application/octet-stream', 'request-timeout-ms': '500' } as Record<
    string,
    string
  >,
}

async function signed(change: { keyId?: 'one' | 'two'; at?: number } = {}) {
  const headers = await signRequest({
    ...plain,
    body,
    key: change.keyId === 'two' ? next : key,
    now: change.at ?? now,
    nonce: 'n1',
  })
  return { ...plain, headers: { ...plain.headers, ...headers }, body, keys: [key, next], now }
}

const outcome = async (call: Parameters<typeof verifyRequest>[0]) =>
  verifyRequest(call).then(
    ({ keyId }) => keyId,
    (error) => error.code ?? error,
  )

/** Runs unchanged in Node and in workerd: one source signs in one and verifies in the other. */
export const signatureSuite = () =>
  describe('a signed call', () => {
    it('verifies with either of two live keys and says which', async () => {
      expect(await outcome(await signed())).toBe('one')
      expect(await outcome(await signed({ keyId: 'two' }))).toBe('two')
    })

    it('has the same signature in every runtime', async () => {
      const { headers } = await signed()
      // Computed apart: `openssl dgst -sha256 -mac HMAC` over the signature base that RFC 9421, section 2.5, prescribes.
      expect(headers).toMatchObject({
        signature: 'sig1=:a/LA79i6jSroILA8iegLo3yIIsL2d89hwKOw1H9/kr8=:',
        'content-digest': 'sha-256=:A5BYxvLAy0ksUzsKTRTvd8wPeKvMztUofYShogEc+4E=:',
        'signature-input':
          'sig1=("@method" "@path" "@query" "content-digest" "content-type" "request-timeout-ms");created=1767225600;nonce="n1";keyid="one";alg="hmac-sha256"',
      })
    })

    it.each([
      ['another path', { path: '/v2/models/other/infer' }],
      ['a query that was not there', { path: '/v2/models/detl/infer?x' }],
      ['another method', { method: 'PUT' }],
      ['another body', { body: Uint8Array.from([1, 2, 4]) }],
      ['a shorter body', { body: Uint8Array.from([1, 2]) }],
    ])('is refused with %s', async (_, change) => {
      expect(await outcome({ ...(await signed()), ...change })).toBe('signature-invalid')
    })

    it.each([
      ['a longer deadline', { 'request-timeout-ms': '5000' }],
      ['the deadline taken away', { 'request-timeout-ms': undefined }],
      ['another content type', { 'content-type': 'application/json' }],
      ['a header length that was not signed', { 'inference-header-content-length': '3' }],
      ['another digest', { 'content-digest': 'sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:' }],
      ['a damaged signature', { signature: 'sig1=:AAAA:' }],
      ['a signature that is no structured field', { signature: 'sig1=(' }],
      ['two signatures', { signature: 'sig1=:AAAA:, sig2=:AAAA:' }],
    ])('is refused with %s', async (_, change) => {
      const call = await signed()
      expect(await outcome({ ...call, headers: { ...call.headers, ...change } })).toBe('signature-invalid')
    })

    it.each(['signature', 'signature-input', 'content-digest'])('without %s is not signed', async (name) => {
      const call = await signed()
      expect(await outcome({ ...call, headers: { ...call.headers, [name]: undefined } })).toBe(
        'signature-missing',
      )
    })

    it('covers method, path, query and body even if its signer would rather not', async () => {
      const call = await signed()
      const input = call.headers['signature-input']!.replace(' "content-digest"', '')
      expect(await outcome({ ...call, headers: { ...call.headers, 'signature-input': input } })).toBe(
        'signature-invalid',
      )
    })

    it('is refused by a server that does not know the key', async () => {
      expect(await outcome({ ...(await signed()), keys: [next] })).toBe('signature-invalid')
    })

    it('expires on either side of the window', async () => {
      const window = SIGNATURE_WINDOW_S * 1000
      for (const skew of [-window, window])
        expect(await outcome(await signed({ at: now + skew }))).toBe('one')
      for (const skew of [-window - 2000, window + 2000])
        expect(await outcome(await signed({ at: now + skew }))).toBe('signature-expired')
    })
  })
