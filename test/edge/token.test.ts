import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { keyring } from '@detl/core/api/api-key'
import { identifier } from '@detl/edge/identity'
import { tokenVerifier } from '@detl/edge/token'
import { createLocalJWKSet, exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'

const ISSUER = 'https://issuer.example'
const AUDIENCE = 'detl'
const pair = await generateKeyPair('ES256', { extractable: true })
const rsa = await generateKeyPair('RS256', { extractable: true })
const stranger = await generateKeyPair('ES256', { extractable: true })
const jwks = {
  keys: [
    { ...(await exportJWK(pair.publicKey)), kid: 'ec', alg: 'ES256' },
    { ...(await exportJWK(rsa.publicKey)), kid: 'rsa' },
  ],
}
const options = { issuer: ISSUER, audience: AUDIENCE, jwksUrl: 'http://127.0.0.1:9/unused' }
const verify = tokenVerifier(options, createLocalJWKSet(jwks))
const seconds = () => Math.floor(Date.now() / 1000)

type Claims = Record<string, unknown>
const claims = (change: Claims = {}): Claims => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'user-1',
  exp: seconds() + 300,
  detl_account: 'demo',
  scope: 'screenings:write',
  ...change,
})
const token = (change: Claims = {}, header: Record<string, unknown> = {}, key = pair.privateKey) =>
  new SignJWT(JSON.parse(JSON.stringify(claims(change))))
    .setProtectedHeader({ alg: 'ES256', kid: 'ec', ...header })
    .sign(key)
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
/** A token with a signature of one's own making. */
const forged = (header: object, sign: (input: string) => string) => {
  const input = `${base64url(header)}.${base64url(claims())}`
  return `${input}.${sign(input)}`
}
const outcome = (jwt: string, by = verify) =>
  by(jwt).then(
    ({ account }) => account,
    (error) => error.code ?? error,
  )

describe('a token of the issuer', () => {
  it('names account and scopes', async () => {
    expect(await verify(await token())).toEqual({
      account: 'demo',
      mode: 'live',
      credential: { kind: 'token', scopes: ['screenings:write'], subject: 'user-1' },
    })
  })

  it('may be signed by any of the published keys', async () => {
    expect(await outcome(await token({}, { alg: 'RS256', kid: 'rsa' }, rsa.privateKey))).toBe('demo')
  })

  it('may name no key where several fit: each is tried', async () => {
    const unnamed = { keys: jwks.keys.toReversed().flatMap((key) => [{ ...key, kid: undefined }]) }
    const next = await generateKeyPair('ES256', { extractable: true })
    const several = {
      keys: [{ ...(await exportJWK(next.publicKey)), alg: 'ES256' }, ...unnamed.keys],
    }
    const any = tokenVerifier(options, createLocalJWKSet(JSON.parse(JSON.stringify(several))))
    const of = async (key: typeof pair.privateKey) => outcome(await token({}, { kid: undefined }, key), any)
    expect(await of(pair.privateKey)).toBe('demo')
    expect(await of(next.privateKey)).toBe('demo')
    expect(await of(stranger.privateKey)).toBe('token-invalid')
  })

  it('holds within the clock skew', async () => {
    expect(await outcome(await token({ exp: seconds() - 20 }))).toBe('demo')
    expect(await outcome(await token({ nbf: seconds() + 20 }))).toBe('demo')
  })

  it.each<[string, () => Promise<string> | string]>([
    ['that has expired', () => token({ exp: seconds() - 60 })],
    ['that is not valid yet', () => token({ nbf: seconds() + 60 })],
    ['that never expires', () => token({ exp: undefined })],
    ['for another audience', () => token({ aud: 'someone-else' })],
    ['for a list of others', () => token({ aud: ['a', 'b'] })],
    ['of another issuer', () => token({ iss: 'https://issuer.example.evil' })],
    ['whose subject is a number', () => token({ sub: 7 })],
    ['without a subject', () => token({ sub: undefined })],
    ['without an account', () => token({ detl_account: undefined })],
    ['whose account is no id', () => token({ detl_account: '../admin' })],
    ['whose account is a list', () => token({ detl_account: ['demo'] })],
    ['signed by a stranger', () => token({}, {}, stranger.privateKey)],
    ['signed by a stranger under an unknown key id', () => token({}, { kid: 'mine' }, stranger.privateKey)],
    [
      'that brings its own key',
      async () => token({}, { jwk: await exportJWK(stranger.publicKey) }, stranger.privateKey),
    ],
    [
      'that says where its key lies',
      () => token({}, { jku: 'https://evil.example/jwks' }, stranger.privateKey),
    ],
    [
      'with an extension that must be understood',
      () => forged({ alg: 'ES256', kid: 'ec', crit: ['b64'], b64: true }, () => 'AAAA'),
    ],
    ['without an algorithm', () => forged({ alg: 'none' }, () => '')],
    ['with NONE for an algorithm', () => forged({ alg: 'NONE', kid: 'ec' }, () => '')],
    ['whose signature is empty', async () => (await token()).replace(/\.[^.]+$/, '.')],
    ['whose signature is cut', async () => (await token()).slice(0, -8)],
    [
      'whose signature is all zeros',
      () => forged({ alg: 'ES256', kid: 'ec' }, () => Buffer.alloc(64).toString('base64url')),
    ],
    [
      'whose signature is DER',
      () =>
        forged({ alg: 'ES256', kid: 'ec' }, () =>
          Buffer.from('3006020101020101', 'hex').toString('base64url'),
        ),
    ],
    [
      'whose claims were changed afterwards',
      async () => {
        const [header, , signature] = (await token()).split('.')
        return `${header}.${base64url(claims({ detl_account: 'other' }))}.${signature}`
      },
    ],
    ['with a huge header', () => token({}, { padding: 'x'.repeat(100_000) })],
    ['of two parts', async () => (await token()).split('.').slice(0, 2).join('.')],
    ['of five parts', async () => `${await token()}.a.b`],
    ['that is no base64', () => '@@@.@@@.@@@'],
  ])('%s is refused', async (_, make) => {
    expect(await outcome(await make())).toBe('token-invalid')
  })

  it.each(['rsa', 'ec'])('that passes the public %s key off as an HMAC secret is refused', async (kid) => {
    const secrets = [
      await exportSPKI(kid === 'rsa' ? rsa.publicKey : pair.publicKey),
      JSON.stringify(jwks.keys.find((key) => key.kid === kid)),
    ]
    for (const secret of secrets) {
      const jwt = forged({ alg: 'HS256', kid }, (input) =>
        createHmac('sha256', secret).update(input).digest('base64url'),
      )
      expect(await outcome(jwt)).toBe('token-invalid')
    }
  })
})

describe('the issuer’s keys', () => {
  it.each<[string, (url: string) => string]>([
    ['answers an error', (url) => `${url}/nothing`],
    ['cannot be reached', () => 'http://127.0.0.1:9/jwks'],
  ])('are not there where the issuer %s: that is not held against the token', async (_, address) => {
    const server = createServer((_request, response) => response.writeHead(503).end()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const remote = tokenVerifier({ ...options, jwksUrl: address(`http://127.0.0.1:${port}`) })
    await expect(remote(await token())).rejects.toMatchObject({ code: 'issuer-unavailable' })
    // What needs no key to be refused is.
    await expect(remote(forged({ alg: 'none' }, () => ''))).rejects.toMatchObject({ code: 'token-invalid' })
    server.close()
  })

  it('are fetched once for many tokens', async () => {
    let fetched = 0
    const server = createServer((_, response) => {
      fetched++
      response.setHeader('content-type', 'application/json').end(JSON.stringify(jwks))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const remote = tokenVerifier({ ...options, jwksUrl: `http://127.0.0.1:${port}/jwks` })
    for (let i = 0; i < 5; i++) await remote(await token())
    expect(fetched).toBe(1)
    server.close()
  })
})

describe('a screening by token', () => {
  let edge: Awaited<ReturnType<typeof edgeApp>>
  beforeAll(async () => {
    const identify = identifier({
      keyring: keyring('a pepper for tests only'),
      configured: new Map(),
      verifyToken: verify,
    })
    edge = await edgeApp({ deps: { identify } })
  })
  afterAll(() => edge.stop())

  it('is answered with the scope, refused without it, and for an account that is not there', async () => {
    const png = await chestPng()
    const status = async (change: Claims) =>
      (await edge.screen(png, { authorization: `Bearer ${await token(change)}` })).status
    expect(await status({})).toBe(200)
    expect(await status({ scope: 'usage:read' })).toBe(403)
    expect(await status({ detl_account: 'nobody' })).toBe(401)
    const { entries } = await edge.admin<{ entries: object[] }>('GET', '/accounts/demo/audit')
    expect(entries[0]).toMatchObject({ actor: 'token user-1', action: 'screening', code: 'answered' })
  })
})
