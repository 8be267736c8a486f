import { createHmac } from 'node:crypto'
import { parseSigningKeys, signRequest } from '@detl/core/wire/signature'
import { createSignature } from 'http-message-sig'
import { describe, expect, it } from 'vitest'
import { signatureSuite } from './signature-suite.ts'

signatureSuite()

describe('RFC 9421', () => {
  it('B.2.5: hmac-sha256 over the example request gives the published signature', async () => {
    const secret = Buffer.from(
      'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==',
      'base64',
    )
    const { signature } = await createSignature(
      {
        kind: 'request',
        method: 'POST',
        targetUri: 'https://example.com/foo?param=Value&Pet=dog',
        fields: [
          { name: 'date', value: 'Tue, 20 Apr 2021 02:07:55 GMT' },
          { name: 'content-type', value: 'application/json' },
        ],
      },
      {
        label: 'sig-b25',
        components: ['date', '@authority', 'content-type'],
        parameters: { created: 1618884473, keyid: 'test-shared-secret' },
        signer: {
          algorithm: 'hmac-sha256',
          sign: (base) => createHmac('sha256', secret).update(base).digest(),
        },
      },
    )
    expect(signature).toBe('sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:')
  })

  it('2.5: a call is signed over the base that the section prescribes', async () => {
    const key = parseSigningKeys(`edge:${btoa('k'.repeat(32))}`)[0]!
    const headers = await signRequest({
      method: 'POST',
      path: '/v2/models/detl/infer',
      headers: {},
      body: new Uint8Array(0),
      key,
      now: 1_700_000_000_999,
      nonce: 'abc',
    })
    const base = [
      '"@method": POST',
      '"@path": /v2/models/detl/infer',
      '"@query": ?',
      '"content-digest": sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:',
      '"@signature-params": ("@method" "@path" "@query" "content-digest");created=1700000000;nonce="abc";keyid="edge";alg="hmac-sha256"',
    ].join('\n')
    expect(headers.signature).toBe(
      `sig1=:${createHmac('sha256', 'k'.repeat(32)).update(base).digest('base64')}:`,
    )
  })
})

describe('signing keys', () => {
  it('are read from one line, in order', () => {
    const keys = parseSigningKeys(`new:${btoa('x'.repeat(32))}, old:${btoa('y'.repeat(40))}`)
    expect(keys.map((key) => [key.id, key.secret.length])).toEqual([
      ['new', 32],
      ['old', 40],
    ])
  })

  it.each([
    ['nothing', ''],
    ['no id', btoa('x'.repeat(32))],
    ['a short secret', `a:${btoa('short')}`],
    ['no base64', 'a:####'],
    ['base64 that does not decode', `a:${'A'.repeat(45)}`],
    ['one id twice', `a:${btoa('x'.repeat(32))},a:${btoa('y'.repeat(32))}`],
  ])('with %s are refused, without the secret in the message', (_, text) => {
    expect(() => parseSigningKeys(text)).toThrowError(expect.not.stringContaining(text || 'never'))
    expect(() => parseSigningKeys(text)).toThrow(TypeError)
  })
})
