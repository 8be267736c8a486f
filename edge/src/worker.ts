import { codecs } from '@detl/codecs/modules'
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
    app ??= start(bindings)
    return app.fetch(request, bindings, context)
  },
} satisfies ExportedHandler
