import http from 'node:http'
import { describe, expect, it } from 'vitest'
import { inferCall, KEYS, signedCall } from '../support/gpu-client.ts'
import { gpuServer } from '../support/gpu-server.ts'

const image = new Uint8Array(32 * 32).fill(9)
const codeOf = async (response: Response) => [
  response.status,
  ((await response.json()) as { code?: string }).code,
]

describe('signed calls', () => {
  const server = gpuServer({ maxBodyBytes: 64 * 1024 })
  const send = async (
    call: Parameters<typeof inferCall>[0],
    change: (init: RequestInit & { headers: Record<string, string> }) => void = () => undefined,
  ) => {
    const { path, init } = await inferCall(call)
    change(init as RequestInit & { headers: Record<string, string> })
    return server.fetch(path, init)
  }

  it('are let in with either of the two live keys', async () => {
    for (const key of KEYS) expect((await send({ image, key })).status).toBe(200)
  })

  it('are refused without a signature, and told what one must cover', async () => {
    const response = await server.fetch('/v2/models/detl/infer', { method: 'POST', body: '{}' })
    expect(response.headers.get('accept-signature')).toContain('"content-digest"')
    expect(response.headers.get('www-authenticate')).toBeTruthy()
    expect(await codeOf(response)).toEqual([401, 'signature-missing'])
  })

  it('are refused with a key that is not known', async () => {
    const key = { id: 'new', secret: new Uint8Array(32).fill(9) }
    expect(await codeOf(await send({ image, key }))).toEqual([401, 'signature-invalid'])
    expect(await codeOf(await send({ image, key: { ...key, id: 'other' } }))).toEqual([
      401,
      'signature-invalid',
    ])
  })

  it('are refused when a clock is more than a minute off, to either side', async () => {
    for (const skew of [-65_000, 65_000])
      expect(await codeOf(await send({ image, now: Date.now() + skew }))).toEqual([401, 'signature-expired'])
    for (const skew of [-50_000, 50_000])
      expect((await send({ image, now: Date.now() + skew })).status).toBe(200)
  })

  it('are let in once', async () => {
    const { path, init } = await inferCall({ image })
    expect((await server.fetch(path, init)).status).toBe(200)
    expect(await codeOf(await server.fetch(path, init))).toEqual([401, 'signature-replayed'])
  })

  it('are refused with another body, deadline or address than was signed', async () => {
    const changed = await send({ image }, (init) => {
      ;(init.body as Uint8Array)[1000]! ^= 1
    })
    expect(await codeOf(changed)).toEqual([401, 'signature-invalid'])
    const patient = await send({ image, headers: { 'request-timeout-ms': '100' } }, (init) => {
      init.headers['request-timeout-ms'] = '100000'
    })
    expect(await codeOf(patient)).toEqual([401, 'signature-invalid'])
    const { init } = await inferCall({ image })
    expect(await codeOf(await server.fetch('/v2/models/detl/versions/1/infer', init))).toEqual([
      401,
      'signature-invalid',
    ])
  })

  it('are needed for metadata and the repository too, not for health', async () => {
    for (const path of ['/v2', '/v2/models/detl', '/v2/models/detl/ready', '/v2/nothing'])
      expect((await server.fetch(path)).status).toBe(401)
    for (const path of ['index', 'models/detl/load', 'models/detl/unload'])
      expect((await server.fetch(`/v2/repository/${path}`, { method: 'POST' })).status).toBe(401)
    expect((await server.fetch('/v2', await signedCall('GET', '/v2'))).status).toBe(200)
    const index = await server.fetch(
      '/v2/repository/index',
      await signedCall('POST', '/v2/repository/index', '{}'),
    )
    expect(index.status).toBe(200)
    for (const path of ['/ping', '/v2/health/live', '/v2/health/ready'])
      expect((await server.fetch(path)).status).toBe(200)
  })

  it('do not reach the file system by any name', async () => {
    for (const name of [
      '..%2F..%2Fetc',
      '%2e%2e%2fdetl',
      'detl%00',
      '__proto__',
      'constructor',
      'a'.repeat(2000),
    ]) {
      const path = `/v2/models/${name}`
      expect(
        (await server.fetch(path, await signedCall('GET', new URL(path, server.url).pathname))).status,
      ).toBe(404)
    }
  })

  it('are refused above the body limit, by their length or while they are read', async () => {
    const huge = new Uint8Array(1024 * 128)
    expect(await codeOf(await send({ image: huge }))).toEqual([413, 'body-too-large'])
    // Without a length: chunked.
    const chunked = await send({ image: huge }, (init) => {
      const bytes = init.body as Uint8Array
      init.body = new ReadableStream({
        start(controller) {
          for (let at = 0; at < bytes.length; at += 4096) controller.enqueue(bytes.subarray(at, at + 4096))
          controller.close()
        },
      })
      Object.assign(init, { duplex: 'half' })
    })
    expect(await codeOf(chunked)).toEqual([413, 'body-too-large'])
  })

  it('may come in chunks, without a length', async () => {
    const response = await send({ image }, (init) => {
      const bytes = init.body as Uint8Array
      init.body = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream()
      Object.assign(init, { duplex: 'half' })
    })
    expect(response.status).toBe(200)
  })

  it('are refused with more headers than 8 KB', async () => {
    const status = await new Promise((resolve, reject) => {
      const request = http.get(
        `${server.url}/ping`,
        { headers: { 'x-long': 'x'.repeat(10_000) } },
        (response) => {
          response.resume()
          resolve(response.statusCode)
        },
      )
      request.on('error', reject)
    })
    expect(status).toBe(431)
  })
})

describe('metrics', () => {
  const token = 'a-token-of-some-length'
  const server = gpuServer({ metricsToken: token })

  it('need their token where one is set', async () => {
    expect((await server.fetch('/metrics')).status).toBe(401)
    expect((await server.fetch('/metrics', { headers: { authorization: 'Bearer wrong' } })).status).toBe(401)
    expect((await server.fetch('/metrics', { headers: { authorization: `Bearer ${token}` } })).status).toBe(
      200,
    )
  })
})
