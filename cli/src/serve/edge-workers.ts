import { existsSync, rmSync } from 'node:fs'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { keyHasher } from '@detl/core/api/api-key'
import { unstable_startWorker } from 'wrangler'
import type { LocalSecrets } from './secrets.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const READY_WITHIN_MS = 60_000

export type EdgeWorkersOptions = {
  readonly gpuUrl: string
  /** Folder of the model whose manifest the edge works by. */
  readonly modelDir: string
  /** The built page, with the same model in `model/`; the Worker that runs the model is not started where that is missing. */
  readonly pageDir: string
  readonly secrets: LocalSecrets
  /** Where accounts and their ledgers are kept; without it they last as long as the process. */
  readonly stateDir?: string | undefined
  /** Further variables of wrangler.toml. */
  readonly vars?: Readonly<Record<string, string>>
}

/**
 * The edge and its Workers in workerd, on loopback, from the same configuration that deploys them; they find each other by a registry of
 * their own.
 */
export async function startEdgeWorkers(options: EdgeWorkersOptions) {
  const { gpuUrl, modelDir, pageDir, secrets, stateDir, vars = {} } = options
  process.env.WRANGLER_SEND_METRICS ??= 'false'
  process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= 'false' // request.cf is not used: start without asking the network for it
  // Of the development runtime: a page and an API that read and write all storage without a key, and a store of traces in it.
  process.env.X_LOCAL_EXPLORER = 'false'
  process.env.X_LOCAL_OBSERVABILITY = 'false'
  const manifest = await readFile(join(modelDir, 'manifest.json'), 'utf8')
  const hash = await keyHasher(secrets.keyPepper)(secrets.demoKey)
  const plain = (value: string) => ({ type: 'plain_text' as const, value })
  const registry = await mkdtemp(join(tmpdir(), 'detl-registry-'))
  // On every way out: wrangler ends the process by itself on a signal.
  process.once('exit', () => rmSync(registry, { recursive: true, force: true }))
  const start = (
    file: string,
    server: { hostname: string; port: number },
    persist: string | false,
    assets: string | undefined,
    bindings: Record<string, ReturnType<typeof plain>> = {},
  ) =>
    unstable_startWorker({
      config: ROOT + file,
      ...(assets !== undefined && { assets }),
      dev: { server, logLevel: 'warn', inspector: false, watch: false, persist, registry },
      bindings,
    })
  const anyPort = { hostname: '127.0.0.1', port: 0 }
  const model = join(pageDir, 'model')
  const workers = [start('wrangler.codecs.toml', anyPort, false, undefined)]
  if (existsSync(model)) workers.push(start('wrangler.infer.toml', anyPort, false, model))
  // First: of a Worker that registers later the edge learns by and by, and fails till then.
  await ready(workers)
  const edge = start('wrangler.toml', anyPort, stateDir ?? false, pageDir, {
    GPU_URL: plain(gpuUrl),
    DETL_SIGNING_KEY: plain(secrets.signingKey),
    DETL_KEY_PEPPER: plain(secrets.keyPepper),
    DETL_ADMIN_KEY: plain(secrets.adminKey),
    DETL_API_KEYS: plain(JSON.stringify([{ hash, account: 'demo' }])),
    MODEL_MANIFEST: plain(manifest),
    ...Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, plain(value)])),
  })
  await ready([edge])
  const port = Number((await (await edge).url).port)
  const stop = async () => {
    for (const worker of await Promise.all([edge, ...workers])) await worker.dispose()
  }
  return { port, stop }
}

/** @throws Error where one is not ready in time, or cannot be started */
async function ready(starting: readonly ReturnType<typeof unstable_startWorker>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`the edge was not ready within ${READY_WITHIN_MS / 1000} s`)
    timer = setTimeout(reject, READY_WITHIN_MS, error)
  })
  try {
    const all = Promise.all(starting).then((workers) => Promise.all(workers.map((worker) => worker.ready)))
    await Promise.race([all, late])
  } finally {
    clearTimeout(timer)
  }
}
