import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { healthOf, healthSchema } from '@detl/core/api/health'
import { identityOf } from '@detl/core/model/identity'
import { type Manifest, parseManifest } from '@detl/core/model/manifest'
import { askParts } from '@detl/edge/health/ask'
import { kept } from '@detl/edge/health/kept'
import { describeModel } from '@detl/edge/infer/model'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { edgeApp } from '../support/edge-app.ts'
import { KEYS } from '../support/gpu-client.ts'
import { gpuServer } from '../support/gpu-server.ts'

describe('GET /v1/health', () => {
  const gpu = gpuServer()
  let edge: Awaited<ReturnType<typeof edgeApp>>
  let manifest: Manifest
  beforeAll(async () => {
    edge = await edgeApp()
    const text = readFileSync(join(gpu.models.root, 'detl', 'manifest.json'), 'utf8')
    manifest = parseManifest(JSON.parse(text))
  })
  afterAll(() => edge.stop())
  beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => undefined))
  afterEach(() => vi.restoreAllMocks())

  type Parts = {
    gpuUrls?: string[]
    fallback?: Manifest | 'absent' | 'away'
    device?: Manifest
    wanted?: boolean
  }
  async function ask(
    works: Manifest,
    { gpuUrls = [gpu.url], fallback = works, device = works, wanted = true }: Parts,
  ) {
    const assets = (of: Manifest | undefined) => ({
      fetch: async () => (of ? Response.json(of) : new Response('', { status: 404 })),
    })
    const infer = {
      run: () => Promise.reject(new Error('not asked')),
      describe: async (sha256: string) => {
        if (typeof fallback === 'string') throw new Error('the Worker is not there')
        return { ok: true, manifest: await describeModel({ ASSETS: assets(fallback) }, sha256) } as const
      },
    }
    const asked = {
      manifest: works,
      gpuUrls,
      signingKey: KEYS[0]!,
      infer: fallback === 'absent' ? undefined : infer,
      assets: assets(device),
    }
    const health = async () =>
      healthOf(await identityOf(works), await askParts(asked), { fallbackWanted: wanted })
    const response = await edge.with({ health }).app.request('/v1/health')
    const { status, parts } = healthSchema.parse(await response.json())
    return [response.status, status, ...parts.map(({ part, state }) => `${part} ${state}`)]
  }
  const NOBODY = 'http://127.0.0.1:9'

  it('is ok where the GPU function, the fallback and the page have the model that the edge works by', async () => {
    expect(await ask(manifest, {})).toEqual([200, 'ok', 'gpu ok', 'fallback ok', 'device ok'])
    expect(await ask(manifest, { gpuUrls: [] })).toEqual([
      200,
      'ok',
      'gpu absent',
      'fallback ok',
      'device ok',
    ])
  })

  it.each([
    ['version', { version: '99' }],
    ['weights', { files: { 'model.onnx': 'a'.repeat(64) } }],
    ['temperature, all else the same', { temperature: 1.5 }],
  ])('fails where one part has another model: its %s', async (_, change) => {
    const other = { ...manifest, ...change }
    expect(await ask(other, {})).toEqual([503, 'failing', 'gpu differs', 'fallback ok', 'device ok'])
    expect(await ask(manifest, { fallback: other })).toEqual([
      503,
      'failing',
      'gpu ok',
      'fallback differs',
      'device ok',
    ])
    expect(await ask(manifest, { device: other })).toEqual([
      503,
      'failing',
      'gpu ok',
      'fallback ok',
      'device differs',
    ])
  })

  it('is degraded where one part is away and another answers, and fails where nobody does', async () => {
    const gpuUrls = [NOBODY]
    expect(await ask(manifest, { gpuUrls })).toEqual([
      200,
      'degraded',
      'gpu away',
      'fallback ok',
      'device ok',
    ])
    expect(await ask(manifest, { fallback: 'away' })).toEqual([
      200,
      'degraded',
      'gpu ok',
      'fallback away',
      'device ok',
    ])
    expect(await ask(manifest, { fallback: 'absent', wanted: false })).toEqual([
      200,
      'ok',
      'gpu ok',
      'fallback absent',
      'device ok',
    ])
    expect(await ask(manifest, { gpuUrls, wanted: false })).toEqual([
      503,
      'failing',
      'gpu away',
      'fallback ok',
      'device ok',
    ])
    expect(await ask(manifest, { gpuUrls, fallback: 'absent' })).toEqual([
      503,
      'failing',
      'gpu away',
      'fallback absent',
      'device ok',
    ])
  })

  it('takes a GPU function without the model for one that is away', async () => {
    expect((await ask({ ...manifest, name: 'unknown' }, {})).slice(0, 3)).toEqual([
      200,
      'degraded',
      'gpu away',
    ])
  })

  it('asks the parts anew only after some seconds', async () => {
    let at = 0
    let asked = 0
    const health = kept(
      3000,
      () => at,
      async () => ++asked,
    )
    expect([await health(), await health()]).toEqual([1, 1])
    at = 3000
    expect(await health()).toBe(2)
  })
})
