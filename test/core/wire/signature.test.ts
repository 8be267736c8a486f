import { createHash, createHmac } from 'node:crypto'
import { parseSigningKeys, signRequest, verifyRequest } from '@detl/core/wire/signature'
import fc from 'fast-check'
import { createSignature, verifySignature } from 'http-message-sig'
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

describe('the library and our verification', () => {
  const key = parseSigningKeys(`edge:${btoa('k'.repeat(32))}`)[0]!
  const hmac = (base: Uint8Array) => createHmac('sha256', key.secret).update(base).digest()
  const body = new TextEncoder().encode('body')
  const digest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`
  const call = { method: 'POST', path: '/v2/models/a%20b/infer?x=1&y=%2f', body }
  const headers = { 'content-digest': digest, 'content-type': 'application/json' }
  const message = (fields: Record<string, string>) => ({
    kind: 'request' as const,
    method: call.method,
    targetUri: `http://elsewhere${call.path}`,
    fields: Object.entries(fields).map(([name, value]) => ({ name, value })),
  })
  const parameters = { alg: 'hmac-sha256', nonce: 'n', created: Math.floor(Date.now() / 1000), keyid: 'edge' }
  const sign = (components: string[], more: Record<string, string | number> = {}) =>
    createSignature(message(headers), {
      label: 'other-label',
      components,
      parameters: { ...more, ...parameters },
      signer: { algorithm: 'hmac-sha256', sign: hmac },
    })
  const verify = async ({ signature, signatureInput }: { signature: string; signatureInput: string }) =>
    verifyRequest({
      ...call,
      headers: { ...headers, signature, 'signature-input': signatureInput },
      keys: [key],
    }).then(
      () => 'verified',
      (error) => error.code,
    )

  it('agree on components in any order, on more of them and on parameters that we do not use', async () => {
    const all = ['content-digest', '@query', '@path', 'content-type', '@method']
    expect(await verify(await sign(all, { tag: 'detl', expires: 4_000_000_000 }))).toBe('verified')
  })

  it('agree that a signature with a passed `expires` is over', async () => {
    const all = ['@method', '@path', '@query', 'content-digest', 'content-type']
    expect(await verify(await sign(all, { expires: 1_000_000_000 }))).toBe('signature-expired')
  })

  it('agree on what is signed here', async () => {
    const signed = await signRequest({ ...call, headers: { 'content-type': 'application/json' }, key })
    const verified = await verifySignature(message({ ...headers, ...signed }), {
      policy: {
        algorithms: ['hmac-sha256'],
        requiredComponents: ['@method', '@path', '@query', 'content-digest'],
        requiredParameters: ['nonce'],
      },
      resolveVerifier: () => ({
        algorithm: 'hmac-sha256',
        verify: (base, signature) => hmac(base).equals(signature),
      }),
    })
    expect(verified.parameters.keyid).toBe('edge')
  })

  it.each([
    ['what we require left out', ['@method', '@path', 'content-digest', 'content-type']],
    [
      'a component that we cannot tell behind a proxy',
      ['@method', '@path', '@query', '@authority', 'content-digest', 'content-type'],
    ],
  ])('differ on %s: we refuse', async (_, components) => {
    expect(await verify(await sign(components))).toBe('signature-invalid')
  })

  it.each([
    ['more white space', (s: string) => s.replace('" "', '"  "')],
    ['a component twice', (s: string) => s.replace('("@method"', '("@method" "@method"')],
    ['a parameter twice', (s: string) => `${s};nonce="m"`],
    ['two members', (s: string) => `${s}, b=();created=1`],
    ['a component with a parameter', (s: string) => s.replace('"@method"', '"@method";req')],
    ['another label than the signature', (s: string) => s.replace('other-label', 'another')],
  ])('refuses a Signature-Input with %s', async (_, change) => {
    const signed = await sign(['@method', '@path', '@query', 'content-digest', 'content-type'])
    expect(await verify(signed)).toBe('verified')
    expect(await verify({ ...signed, signatureInput: change(signed.signatureInput) })).toBe(
      'signature-invalid',
    )
  })

  it('reads or refuses any Signature-Input, in time that grows with its length', async () => {
    const signed = await sign(['@method', '@path', '@query', 'content-digest', 'content-type'])
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 2_000 }), async (text) => {
        expect(await verify({ ...signed, signatureInput: text })).toMatch(/^signature-(invalid|missing)$/)
      }),
    )
    // Long enough that a reader which goes back over what it has read would not end before the test does.
    for (const text of [`a=(${'"a" '.repeat(1_000_000)}`, `a=("a")${';a=1'.repeat(1_000_000)}!`])
      expect(await verify({ ...signed, signatureInput: text })).toBe('signature-invalid')
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
