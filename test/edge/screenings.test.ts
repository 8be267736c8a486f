import { screeningSchema } from '@detl/core/api/screening'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { edgeApp } from '../support/edge-app.ts'
import { COMPUTED_ON } from '../support/gpu-stand-in.ts'
import { chestPng, pngHeader } from '../support/images.ts'

let edge: Awaited<ReturnType<typeof edgeApp>>
let png: Uint8Array<ArrayBuffer>
beforeAll(async () => {
  edge = await edgeApp()
  png = await chestPng()
})
beforeEach(() => {
  edge.gpu.trouble = undefined
})
afterAll(() => edge.stop())

describe('POST /v1/screenings', () => {
  it('answers scores, a label and a map of each class', async () => {
    const response = await edge.screen(png)
    expect(response.status).toBe(200)
    const screening = screeningSchema.parse(await response.json())
    expect(screening.heatmaps.map((map) => map.class)).toEqual(edge.manifest.labels)
    expect(screening).toMatchObject({ servedBy: 'gpu', computedOn: COMPUTED_ON })
    expect(screening.image).toMatchObject({ format: 'png', width: 64, height: 64 })
  })

  it('lets pages of other origins read the answer, and nothing of it run', async () => {
    const response = await edge.screen(png, { origin: 'https://viewer.example' })
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('access-control-expose-headers')).toContain('RateLimit')
    expect(response.headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'")
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('cache-control')).toBe('no-store')
    const key = await edge.call('GET', '/v1/usage', edge.key)
    expect(key.headers.get('cache-control')).toBe('no-store')
    const preflight = await edge.request('/v1/screenings', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://viewer.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,idempotency-key',
      },
    })
    expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization,idempotency-key')
  })

  it('takes the part `image` of a form', async () => {
    const form = new FormData()
    form.append('image', new Blob([png]), 'name-that-is-not-kept.png')
    expect((await edge.screen(form)).status).toBe(200)
  })

  it('refuses a form with two images rather than score one of them', async () => {
    const form = new FormData()
    form.append('image', new Blob([png]))
    form.append('image', new Blob([png]))
    const response = await edge.screen(form)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      type: '/problems/request-invalid',
      detail: expect.stringContaining('2 parts named "image"'),
    })
  })

  it('refuses a form of very many parts before it is read: all would wait meanwhile', async () => {
    const form = new FormData()
    for (let i = 0; i < 65; i++) form.append('note', String(i))
    form.append('image', new Blob([png]))
    const response = await edge.screen(form)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ detail: 'the multipart body has more than 64 parts' })
  })

  it('answers an overlay to who accepts image/png', async () => {
    const response = await edge.screen(png, { accept: 'image/png' })
    expect(response.headers.get('content-type')).toBe('image/png')
    expect([...new Uint8Array(await response.arrayBuffer()).subarray(1, 4)]).toEqual([0x50, 0x4e, 0x47])
  })
})

describe('a request that cannot be served gets problem+json', () => {
  it.each<[string, number, string, () => Promise<Response> | Response]>([
    ['no key', 401, 'key-missing', () => edge.request('/v1/screenings', { method: 'POST', body: png })],
    ['a wrong key', 401, 'key-invalid', () => edge.screen(png, { authorization: 'Bearer detl_wrongwrong' })],
    ['no body', 400, 'image-missing', () => edge.screen()],
    ['an empty body', 400, 'image-missing', () => edge.screen(new Uint8Array(0))],
    ['a text file', 415, 'image-unsupported', () => edge.screen('Dear doctor,\nhere is the X-ray.\n')],
    ['half a PNG', 422, 'image-undecodable', () => edge.screen(png.subarray(0, png.length / 2))],
    ['a PNG of 60,000 × 60,000', 413, 'image-too-large', () => edge.screen(pngHeader(60_000, 60_000))],
    ['too large a body', 413, 'body-too-large', () => edge.screen(new Uint8Array(2 ** 20 + 1))],
    ['an unknown address', 404, 'not-found', () => edge.request('/v1/nothing')],
    ['GET of what is posted', 405, 'method-not-allowed', () => edge.call('GET', '/v1/screenings', edge.key)],
  ])('%s: %i %s', async (_, status, code, send) => {
    const response = await send()
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.json()).toMatchObject({ type: `/problems/${code}`, status })
    expect((await edge.screen(png)).status).toBe(200)
  })

  it('says which methods an address takes', async () => {
    const patch = await edge.call('PATCH', `/v1/screenings/${crypto.randomUUID()}`, edge.key)
    expect([patch.status, patch.headers.get('allow')]).toEqual([405, 'GET, DELETE'])
  })

  it('says how JSON is sent, and what is accepted in it', async () => {
    const { key } = await edge.newKey('demo', { scopes: ['account:write'] })
    const put = async (body: string, type: string) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': type }
      const response = await edge.request('/v1/account/settings', { method: 'PUT', headers, body })
      return `${response.status} ${((await response.json()) as { detail: string }).detail}`
    }
    expect(await put('{}', 'application/x-www-form-urlencoded')).toMatch(
      /^400 .*Content-Type: application\/json/,
    )
    expect(await put('{"operatingPoint":"high","prevalence":{}}', 'application/json')).toMatch(
      /^400 operatingPoint: expected "screening", "balanced" or/,
    )
    expect(await put('{"keepHours":200}', 'application/json')).toMatch(
      /^400 operatingPoint: expected "screening".*; prevalence: expected \{"<class>": 0 to 1, …\}, \{\} for none; keepHours: /,
    )
    const settings = (thresholds: object, prevalence: object) =>
      put(JSON.stringify({ operatingPoint: { thresholds }, prevalence }), 'application/json')
    expect(await settings({ covid19: 0.2, covid: 0.2, tb: 0.1 }, {})).toMatch(
      /^400 operatingPoint\.thresholds: the model \S+ \S+ has no class "covid", "tb"; its classes are normal, other_disease, pneumonia, covid19$/,
    )
    expect(await settings({ covid19: 0.2 }, { normal: 0.9, flu: 0.1 })).toMatch(
      /^400 prevalence: the model .* has no class "flu"/,
    )
    expect(
      await put('{"operatingPoint":"balanced","prevalence":{},"selective":1}', 'application/json'),
    ).toMatch(/^400 selective: /)
    expect(
      await put('{"operatingPoint":"balanced","prevalence":{},"selective":true}', 'application/json'),
    ).toMatch(/^400 selective: of the model .* it is not known from where on it is sure/)
    expect(await settings({ covid19: 0.2 }, { normal: 0.9 })).toMatch(/^200 /)
  })

  it('says who may ask when the key is missing', async () => {
    const response = await edge.request('/v1/screenings', { method: 'POST', body: png })
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="detl"')
  })

  it('refuses a huge header by what it claims, before its pixels, which are not there', async () => {
    const response = await edge.screen(pngHeader(60_000, 60_000))
    expect(await response.json()).toMatchObject({ status: 413, type: '/problems/image-too-large' })
  })

  it.each([
    ['is busy', { status: 503 }, 503, 'upstream-unavailable'],
    ['hangs up', 'hang-up', 503, 'upstream-unavailable'],
    ['answers nonsense', { status: 418 }, 502, 'upstream-invalid'],
  ] as const)('when the GPU function %s, and goes on afterwards', async (_, trouble, status, code) => {
    edge.gpu.trouble = () => trouble
    const response = await edge.screen(png)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ type: `/problems/${code}` })
    if (status !== 502) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    edge.gpu.trouble = undefined
    expect((await edge.screen(png)).status).toBe(200)
  })

  it('when the GPU function is slower than its deadline, and goes on afterwards', async () => {
    const hasty = await edgeApp({ gpuDeadlineMs: 500 })
    hasty.gpu.trouble = () => ({ delayMs: 20_000 })
    const response = await hasty.screen(png)
    expect([response.status, await response.json()]).toMatchObject([
      504,
      { type: '/problems/upstream-timeout' },
    ])
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    hasty.gpu.trouble = undefined
    expect((await hasty.screen(png)).status).toBe(200)
    await hasty.stop()
  })

  it.each(['retryable', 'overloaded'])('when the ledger is %s: 503 with Retry-After', async (how) => {
    const failing = async () => {
      throw Object.assign(new Error('Durable Object reset because its code was updated.'), { [how]: true })
    }
    const accounts = () => new Proxy({}, { get: () => failing }) as never
    const moved = await edgeApp()
    const { app } = moved.with({ accounts })
    const response = await app.request('/v1/screenings', {
      method: 'POST',
      headers: { authorization: `Bearer ${moved.key}` },
      body: png,
    })
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await response.json()).toMatchObject({ type: '/problems/overloaded' })
    await moved.stop()
  })

  it('when the GPU function is gone: 503 with Retry-After', async () => {
    const lonely = await edgeApp()
    await lonely.stop()
    const response = await lonely.screen(png)
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('5')
  })
})
