import { codecs } from '@detl/codecs/modules'
import { PROBLEMS } from '@detl/core/api/problem'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import builtInManifest from '../../models/detl-128/manifest.json'
import { createApp } from './app.ts'
import { parseEnv } from './env.ts'
import { gpuUpstream } from './upstream.ts'

let app: ReturnType<typeof createApp> | undefined

/** Bindings → createApp(deps). The sole file that reads env. */
function start(bindings: unknown) {
  const env = parseEnv(bindings, builtInManifest)
  const accounts = new Map(env.apiKeys.map(({ hash, account }) => [hash, account]))
  return createApp({
    manifest: env.manifest,
    limits: { ...DEFAULT_LIMITS, maxBytes: env.maxBodyBytes },
    maxBodyBytes: env.maxBodyBytes,
    codecs,
    infer: gpuUpstream(env),
    findAccount: async (hash) => accounts.get(hash),
    keyPepper: env.keyPepper,
  })
}

export default {
  fetch(request, bindings, context) {
    try {
      app ??= start(bindings)
    } catch (error) {
      // A deployment's mistake: which variable is wrong stands in the log; the caller gets the same shape as for any failure.
      console.error(JSON.stringify({ level: 'error', event: 'misconfigured', error: String(error) }))
      const body = {
        type: '/problems/internal',
        ...PROBLEMS.internal,
        detail: 'The service is not configured.',
      }
      return Response.json(body, { status: 500, headers: { 'content-type': 'application/problem+json' } })
    }
    return app.fetch(request, bindings, context)
  },
} satisfies ExportedHandler
