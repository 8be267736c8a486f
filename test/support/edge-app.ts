import { codecs } from '@detl/codecs/modules'
import type { AccountInput, KeyInput } from '@detl/core/api/account'
import { keyring } from '@detl/core/api/api-key'
import { healthOf } from '@detl/core/api/health'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { identityOf } from '@detl/core/model/identity'
import type { Manifest } from '@detl/core/model/manifest'
import { places } from '@detl/core/places/places'
import { parseSigningKeys } from '@detl/core/wire/signature'
import { createApp, type Deps } from '@detl/edge/app'
import { hostCircuits } from '@detl/edge/batch/host-circuits'
import { partStore } from '@detl/edge/batch/part-store'
import { parseHosts } from '@detl/edge/batch/source-rules'
import { turn } from '@detl/edge/batch/turn'
import { type WorkDeps, work } from '@detl/edge/batch/work'
import { byteBudget } from '@detl/edge/byte-budget'
import { askParts } from '@detl/edge/health/ask'
import { identifier } from '@detl/edge/identity'
import { keeper } from '@detl/edge/kept/keeper'
import type { JobMessage } from '@detl/edge/ledger/job-message'
import { runJob } from '@detl/edge/screening/jobs'
import { sealer } from '@detl/edge/seal'
import { gpuUpstream } from '@detl/edge/upstream'
import type { Delivery } from '@detl/edge/webhooks/deliveries'
import { notifier } from '@detl/edge/webhooks/notify'
import { webhookSecret } from '@detl/edge/webhooks/secret'
import { documentedOnly } from './documented.ts'
import { gpuStandIn, SIGNING_KEY } from './gpu-stand-in.ts'
import { localAccounts, localKept } from './local-accounts.ts'
import { localBatches, memoryBucket } from './local-batches.ts'
import { testManifest } from './manifest.ts'

const PEPPER = 'a pepper for tests only'
/** The demo account's: a test key that the deployment's configuration brings. */
const API_KEY = 'detl_test_0123456789'
export const ADMIN_KEY = 'admin-key-of-these-tests'

/** Room and time enough for tests that are not about them: what is slow here is the machine. */
export const PLACES = { capacity: 100, atOnce: 4, maxWaitMs: 60_000, longestMs: 90_000 }

export type EdgeOptions = {
  manifest?: Manifest
  clock?: () => number
  gpuDeadlineMs?: number
  deps?: Partial<Deps>
  /** As BATCH_HOSTS. */
  batchHosts?: string
}

/** The edge as it is deployed, in this process, with a GPU function beside it and an account `demo` with a test key. */
export async function edgeApp({
  manifest = testManifest(),
  clock = Date.now,
  gpuDeadlineMs = 20_000,
  deps = {},
  batchHosts = '',
}: EdgeOptions = {}) {
  const gpu = await gpuStandIn(manifest)
  const keys = keyring(PEPPER)
  const hash = await keys.hash(API_KEY)
  const { accounts, directory, ledger } = localAccounts(clock)
  const signingKey = parseSigningKeys(SIGNING_KEY)[0]!
  const seal = sealer(PEPPER)
  const signing = { gpuUrl: gpu.url, gpuDeadlineMs, signingKey, manifest }
  const queued: JobMessage[] = []
  const forgotten: string[] = []
  const told: { webhook: string; delivery: Delivery }[] = []
  const [archive, results] = [memoryBucket(), memoryBucket()]
  const parts = partStore(results, seal)
  const store = localBatches({ clock, results, accounts, told })
  const sourceHosts = parseHosts(batchHosts)
  const bytes = byteBudget({ bytes: 2 ** 26, accountBytes: 2 ** 26, longestMs: 90_000 })
  const limits = { ...DEFAULT_LIMITS, maxBytes: 2 ** 20 }
  const all: Deps = {
    batches: store.batches,
    parts,
    sourceHosts,
    health: async () => {
      const asked = { manifest, gpuUrls: [gpu.url], signingKey, infer: undefined, assets: undefined }
      return healthOf(await identityOf(manifest), await askParts(asked), { fallbackWanted: false })
    },
    manifest,
    model: `${manifest.name}@${manifest.version}`,
    limits,
    uploads: { maxBytes: 2 ** 20, graceMs: 20_000, minBytesPerS: 1000 },
    codecs,
    infer: gpuUpstream(signing),
    identify: identifier({ keyring: keys, configured: new Map([[hash, 'demo']]) }),
    isAdmin: async (token) => token === ADMIN_KEY,
    keyring: keys,
    sealer: seal,
    keeper: keeper(localKept(clock), seal),
    places: places(PLACES),
    bytes,
    sendJob: async (message) => void queued.push(message),
    webhooks: {
      allowLocal: false,
      secret: (webhook) => webhookSecret(PEPPER, webhook),
      forget: async (webhook) => void forgotten.push(webhook),
    },
    accounts,
    directory,
    billing: undefined,
    deadlineMs: 60_000,
    leaseMs: 90_000,
    ...deps,
  }
  const app = createApp(all)
  const send = documentedOnly(app)

  /** What the queue's consumer does with the jobs that were sent; each gets one attempt. @returns the waits it asked for */
  const runJobs = (attempt = 1) =>
    Promise.all(
      queued.splice(0).map((message) =>
        runJob(
          {
            accounts,
            sealer: seal,
            manifest,
            infer: gpuUpstream(signing),
            notify: notifier(async (_, webhook, delivery) => void told.push({ webhook, delivery })),
          },
          message,
          attempt,
        ),
      ),
    )

  const circuits = hostCircuits(clock)

  /** What the queue's consumers do with the calls that are due. @returns how many there were */
  async function workOnBatches(): Promise<number> {
    const messages = await store.due()
    const deps: WorkDeps = {
      accounts,
      batches: store.batches,
      sealer: seal,
      parts,
      manifest,
      limits,
      codecs,
      bytes,
      infer: gpuUpstream(signing),
      fallback: 'fail',
      decodeTurn: async () => () => undefined,
      sources: {
        archive,
        hosts: sourceHosts,
        maxBytes: 2 ** 20,
        timeoutMs: 20_000,
        pace: { graceMs: 300, minBytesPerS: 1000 },
        fetch,
        circuits,
      },
      clock,
    }
    // Four messages a run, one run after another: as wrangler.toml has it, and a local start does it.
    for (let i = 0; i < messages.length; i += 4) {
      const run = turn(clock)
      await Promise.all(messages.slice(i, i + 4).map((message) => work(deps, message, run)))
    }
    return messages.length
  }

  const call = async (method: string, path: string, key: string, body?: unknown) =>
    send(path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  /** Through the admin API; throws unless it answers 2xx. */
  const admin = async <T = unknown>(method: string, path: string, body?: unknown) => {
    const response = await call(method, `/v1/admin${path}`, ADMIN_KEY, body)
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response.json() as Promise<T>
  }
  const account = (id: string, input: Partial<AccountInput> = {}) =>
    admin('PUT', `/accounts/${id}`, { name: id, plan: { kind: 'postpaid' }, ...input })
  const newKey = async (id: string, input: Partial<KeyInput> = {}) =>
    admin<{ key: string; id: string }>('POST', `/accounts/${id}/keys`, {
      name: 'test',
      mode: 'live',
      ...input,
    })

  await account('demo')
  ledger('demo').addKey(
    {
      id: 'demo',
      hash,
      prefix: 'detl_test_',
      name: 'demo',
      mode: 'test',
      scopes: 'screenings:write screenings:read usage:read',
      expires: null,
    },
    { actor: 'tests' },
  )
  return {
    gpu,
    manifest,
    queued,
    told,
    /** Webhooks whose deliveries were dropped. */
    forgotten,
    runJobs,
    workOnBatches,
    /** Buckets of batches: images, and results. */
    archive,
    results,
    books: store,
    key: API_KEY,
    ledger,
    request: send,
    /** The same with other parts. */
    with: (others: Partial<Deps>) => ({ app: createApp({ ...all, ...others }) }),
    call,
    admin,
    account,
    newKey,
    /** POST /v1/screenings with the demo key, unless `headers` say otherwise. */
    screen: async (body?: RequestInit['body'], headers: Record<string, string> = {}) =>
      send('/v1/screenings', {
        method: 'POST',
        headers: { authorization: `Bearer ${API_KEY}`, ...headers },
        ...(body !== undefined && { body: body as string }),
      }),
    stop: gpu.stop,
  }
}
