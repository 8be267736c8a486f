import { codecs } from '@detl/codecs/modules'
import { keyHasher } from '@detl/core/api/api-key'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { parseSigningKeys } from '@detl/core/wire/signature'
import { createApp } from '@detl/edge/app'
import { gpuUpstream } from '@detl/edge/upstream'
import { gpuStandIn, SIGNING_KEY } from './gpu-stand-in.ts'
import { testManifest } from './manifest.ts'

const PEPPER = 'a pepper for tests only'
export const API_KEY = 'detl_test_0123456789'

/** The edge as it is deployed, in this process, with a GPU function beside it. */
export async function edgeApp() {
  const manifest = testManifest()
  const gpu = await gpuStandIn(manifest)
  const known = await keyHasher(PEPPER)(API_KEY)
  const signingKey = parseSigningKeys(SIGNING_KEY)[0]!
  const app = createApp({
    manifest,
    limits: { ...DEFAULT_LIMITS, maxBytes: 2 ** 20 },
    maxBodyBytes: 2 ** 20,
    codecs,
    infer: gpuUpstream({ gpuUrl: gpu.url, gpuDeadlineMs: 500, signingKey, manifest }),
    findAccount: async (hash) => (hash === known ? 'demo' : undefined),
    keyPepper: PEPPER,
  })
  return {
    gpu,
    manifest,
    request: app.request,
    /** POST /v1/screenings with a valid key, unless `headers` say otherwise. */
    screen: (body?: BodyInit, headers: Record<string, string> = {}) =>
      app.request('/v1/screenings', {
        method: 'POST',
        headers: { authorization: `Bearer ${API_KEY}`, ...headers },
        ...(body !== undefined && { body }),
      }),
    stop: gpu.stop,
  }
}
