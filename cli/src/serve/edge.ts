import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { keyHasher } from '@detl/core/api/api-key'
import { unstable_startWorker } from 'wrangler'
import { buildPage } from './page.ts'
import type { LocalSecrets } from './secrets.ts'

const CONFIG = fileURLToPath(new URL('../../../wrangler.toml', import.meta.url))

export type EdgeOptions = {
  readonly host: string
  readonly port: number
  readonly gpuUrl: string
  /** Folder of the model whose manifest the edge works by. */
  readonly modelDir: string
  readonly secrets: LocalSecrets
  /** Where accounts and their ledgers are kept; without it they last as long as the process. */
  readonly stateDir?: string | undefined
  /** Further variables of wrangler.toml. */
  readonly vars?: Readonly<Record<string, string>>
}

/** The edge in workerd, from the same wrangler.toml that deploys it. */
export async function startEdge({ host, port, gpuUrl, modelDir, secrets, stateDir, vars = {} }: EdgeOptions) {
  process.env.WRANGLER_SEND_METRICS ??= 'false'
  process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= 'false' // request.cf is not used: start without asking the network for it
  await buildPage()
  const manifest = await readFile(join(modelDir, 'manifest.json'), 'utf8')
  const hash = await keyHasher(secrets.keyPepper)(secrets.demoKey)
  const plain = (value: string) => ({ type: 'plain_text' as const, value })
  const worker = await unstable_startWorker({
    config: CONFIG,
    dev: {
      server: { hostname: host, port },
      logLevel: 'warn',
      inspector: false,
      watch: false,
      persist: stateDir ?? false,
    },
    bindings: {
      GPU_URL: plain(gpuUrl),
      DETL_SIGNING_KEY: plain(secrets.signingKey),
      DETL_KEY_PEPPER: plain(secrets.keyPepper),
      DETL_ADMIN_KEY: plain(secrets.adminKey),
      DETL_API_KEYS: plain(JSON.stringify([{ hash, account: 'demo' }])),
      MODEL_MANIFEST: plain(manifest),
      ...Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, plain(value)])),
    },
  })
  await worker.ready
  const url = (await worker.url).origin
  return { url, stop: () => worker.dispose() }
}
