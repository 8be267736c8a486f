import { raster } from '@detl/codecs/raster.workerd'
import { keyring } from '@detl/core/api/api-key'
import { healthOf } from '@detl/core/api/health'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { identityOf } from '@detl/core/model/identity'
import { places } from '@detl/core/places/places'
import builtInManifest from '../../models/mobilenet-v2-160/manifest.json'
import type { Accounts } from './accounts.ts'
import { createApp } from './app.ts'
import type { Batch } from './batch/batch.ts'
import type { Batches } from './batch/batches.ts'
import { hostCircuits } from './batch/host-circuits.ts'
import { partStore } from './batch/part-store.ts'
import type { WorkDeps } from './batch/work.ts'
import { stripeSink } from './billing/stripe.ts'
import { byteBudget } from './byte-budget.ts'
import { remoteCodecs } from './codecs/remote.ts'
import { type EdgeEnv, parseEnv } from './env.ts'
import { circuit } from './fallback/circuit.ts'
import { edgeInfer, type InferService } from './fallback/edge-infer.ts'
import { withFallback } from './fallback/policy.ts'
import { type Assets, askParts } from './health/ask.ts'
import { kept } from './health/kept.ts'
import { identifier } from './identity.ts'
import { keeper } from './kept/keeper.ts'
import type { Kept } from './kept/kept.ts'
import type { Account } from './ledger/account.ts'
import type { Directory } from './ledger/directory.ts'
import type { BatchMessage, JobMessage } from './ledger/job-message.ts'
import { oneAtATime } from './one-at-a-time.ts'
import type { JobDeps } from './screening/jobs.ts'
import { sealer } from './seal.ts'
import { tokenVerifier } from './token.ts'
import { gpuUpstream, type Infer } from './upstream.ts'
import { upstreamPool } from './upstream-pool.ts'
import { notifier } from './webhooks/notify.ts'
import type { Receiver } from './webhooks/receiver.ts'
import { webhookSecret } from './webhooks/secret.ts'

/** Bindings of wrangler.toml that are not text; the text is parsed in env.ts. */
export type Bindings = {
  readonly ACCOUNTS: DurableObjectNamespace<Account>
  readonly DIRECTORY: DurableObjectNamespace<Directory>
  readonly RECEIVERS: DurableObjectNamespace<Receiver>
  /** What was made of an account's images, where it chose to keep that. */
  readonly KEPT: DurableObjectNamespace<Kept>
  readonly JOBS: Queue<JobMessage>
  readonly BATCH: DurableObjectNamespace<Batch>
  readonly BATCHES: Queue<BatchMessage>
  /** Images of the accounts, each account's below a folder of its name. */
  readonly ARCHIVE: R2Bucket
  /** Results of batches, sealed. */
  readonly RESULTS: R2Bucket
  /** The Worker `detl-codecs`. */
  readonly CODECS: Fetcher
  /** What the page is served from. */
  readonly ASSETS?: Assets
  /** The Worker `detl-infer`; absent where there is none. */
  readonly INFER?: InferService
}

/** Of the memory for uploads, one account has at most. */
const ACCOUNT_SHARE = 2 / 3
/** Anybody may ask for it: the parts are asked no more often. */
const HEALTH_MS = 3000

/** Bindings → the service. The sole file that reads env. */
export function startService(bindings: Bindings) {
  const env = parseEnv(bindings, builtInManifest)
  const keys = keyring(env.keyPepper)
  const billing = env.stripe && stripeSink(env.stripe)
  const { adminKey } = env
  const longestMs = env.deadlineMs + 5000
  const shared = sharedParts(env, bindings, longestMs)
  const { accounts } = shared
  const app = createApp({
    ...shared,
    sourceHosts: env.batches.hosts,
    health: kept(HEALTH_MS, Date.now, () => health(env, bindings)),
    model: `${env.manifest.name}@${env.manifest.version}`,
    uploads: env.uploads,
    identify: identifier({
      keyring: keys,
      configured: new Map(env.apiKeys.map(({ hash, account }) => [hash, account])),
      verifyToken: env.tokens && tokenVerifier(env.tokens),
    }),
    // Hashes under the pepper are compared: their common beginning says nothing of the key's.
    isAdmin: async (token) =>
      adminKey !== undefined && (await keys.hash(token)) === (await keys.hash(adminKey)),
    keyring: keys,
    places: places({ ...env.places, longestMs }),
    directory: {
      add: async (id) => bindings.DIRECTORY.getByName('accounts').add(id),
      list: async () => {
        const made = await bindings.DIRECTORY.getByName('accounts').list()
        return [...new Set([...made, ...env.apiKeys.map(({ account }) => account)])].sort()
      },
    },
    billing,
    deadlineMs: env.deadlineMs,
    leaseMs: env.leaseMs,
    sendJob: async (message) => void (await bindings.JOBS.send(message)),
    webhooks: {
      allowLocal: env.webhookAllowLocal,
      ports: env.webhookPorts,
      secret: (webhook) => webhookSecret(env.keyPepper, webhook),
      forget: async (webhook) => bindings.RECEIVERS.getByName(webhook).forget(),
    },
  })
  const jobs: JobDeps = {
    ...shared,
    notify: notifier(async (account, webhook, delivery) =>
      bindings.RECEIVERS.getByName(`${account}:${webhook}`).enqueue(delivery),
    ),
  }
  const work: WorkDeps = {
    ...shared,
    fallback: env.gpus.length > 0 ? 'fail' : 'edge',
    decodeTurn: oneAtATime(),
    clock: Date.now,
    sources: {
      archive: bindings.ARCHIVE,
      hosts: env.batches.hosts,
      maxBytes: env.uploads.maxBytes,
      timeoutMs: env.batches.fetchMs,
      pace: env.uploads,
      fetch: (url, init) => fetch(url, init),
      circuits: hostCircuits(Date.now),
    },
  }
  return { app, billing, accounts, jobs, work }
}

/** What requests, jobs and batches use alike. */
function sharedParts(env: EdgeEnv, bindings: Bindings, longestMs: number) {
  const accounts: Accounts = (id) => bindings.ACCOUNTS.getByName(id)
  const batches: Batches = (account, id) => bindings.BATCH.getByName(`${account}:${id}`)
  const seal = sealer(env.keyPepper)
  return {
    accounts,
    batches,
    sealer: seal,
    keeper: keeper(({ account, mode }) => bindings.KEPT.getByName(`${account}:${mode}`), seal),
    parts: partStore(bindings.RESULTS, seal),
    manifest: env.manifest,
    limits: { ...DEFAULT_LIMITS, maxBytes: env.uploads.maxBytes },
    bytes: byteBudget({
      bytes: Math.max(env.uploadBytes, env.uploads.maxBytes),
      accountBytes: Math.max(env.uploadBytes * ACCOUNT_SHARE, env.uploads.maxBytes),
      longestMs,
    }),
    codecs: { ...remoteCodecs({ fetch: (request) => bindings.CODECS.fetch(request) }), raster },
    infer: inference(env, bindings.INFER),
  }
}

async function health(env: EdgeEnv, { INFER, ASSETS }: Bindings) {
  const { manifest, gpus, signingKey, fallback } = env
  const asked = { manifest, gpuUrls: gpus.map(({ url }) => url), signingKey, infer: INFER, assets: ASSETS }
  return healthOf(await identityOf(manifest), await askParts(asked), { fallbackWanted: fallback === 'edge' })
}

/** The GPUs, with the Worker that runs the model behind them; circuits find out when they are back. */
function inference(env: EdgeEnv, service: InferService | undefined): Infer {
  const circuitOf = (failures: number) =>
    circuit({ failures, firstWaitMs: 500, longestWaitMs: 5000, now: Date.now })
  return withFallback({
    gpu: gpus(env),
    edge: edgeInfer(env.manifest, service),
    circuit: circuitOf(3),
    // Where nobody else answers, a GPU that fails now and then is worth more calls than none.
    patientCircuit: circuitOf(10),
    fallback: env.fallback,
    patienceMs: env.fallbackAfterMs,
  })
}

function gpus(env: EdgeEnv): Infer | undefined {
  const [first, ...others] = env.gpus
  if (!first) return undefined
  const one = (url: string) => gpuUpstream({ ...env, gpuUrl: url })
  if (others.length === 0) return one(first.url) // its circuit is the fallback's
  return upstreamPool(
    env.gpus.map(({ url, weight }) => ({
      infer: one(url),
      weight,
      circuit: circuit({ failures: 3, firstWaitMs: 500, longestWaitMs: 5000, now: Date.now }),
    })),
    { hedgeAfterMs: env.hedgeAfterMs, random: Math.random },
  )
}
