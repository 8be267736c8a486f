import { SCOPES } from '@detl/core/api/account'
import { keyring } from '@detl/core/api/api-key'
import { PROBLEMS } from '@detl/core/api/problem'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import builtInManifest from '../../models/detl-128/manifest.json'
import { type Accounts, remoteLedger } from './accounts.ts'
import { createApp } from './app.ts'
import { exportUsage } from './billing/export.ts'
import type { UsageEvent } from './billing/sink.ts'
import { stripeSink } from './billing/stripe.ts'
import { remoteCodecs } from './codecs/remote.ts'
import { type EdgeEnv, parseEnv } from './env.ts'
import { circuit } from './fallback/circuit.ts'
import { edgeInfer, type InferService } from './fallback/edge-infer.ts'
import { withFallback } from './fallback/policy.ts'
import { identifier } from './identity.ts'
import { type JobDeps, type JobMessage, runJob } from './jobs.ts'
import type { Account } from './ledger/account.ts'
import type { Directory } from './ledger/directory.ts'
import type { Ledger, Seed } from './ledger/ledger.ts'
import { sealer } from './seal.ts'
import { shedder } from './shedding.ts'
import { tokenVerifier } from './token.ts'
import { gpuUpstream, type Infer } from './upstream.ts'
import { upstreamPool } from './upstream-pool.ts'
import { notifier } from './webhooks/notify.ts'
import type { Receiver } from './webhooks/receiver.ts'
import { webhookSecret } from './webhooks/secret.ts'

// Workers finds the classes of its Durable Objects among the exports of the main module.
// biome-ignore lint/performance/noBarrelFile: see above
export { Account } from './ledger/account.ts'
export { Directory } from './ledger/directory.ts'
export { Receiver } from './webhooks/receiver.ts'

/** Bindings of wrangler.toml that are not text; the text is parsed in env.ts. */
type Bindings = {
  readonly ACCOUNTS: DurableObjectNamespace<Account>
  readonly DIRECTORY: DurableObjectNamespace<Directory>
  readonly RECEIVERS: DurableObjectNamespace<Receiver>
  readonly JOBS: Queue<JobMessage>
  /** The Worker `detl-codecs`. */
  readonly CODECS: Fetcher
  /** The Worker `detl-infer`; absent where there is none. */
  readonly INFER?: InferService
}

let service: ReturnType<typeof start> | undefined

/** Bindings → createApp(deps). The sole file that reads env. */
function start(bindings: Bindings) {
  const env = parseEnv(bindings, builtInManifest)
  const keys = keyring(env.keyPepper)
  const billing = env.stripe && stripeSink(env.stripe)
  const { adminKey } = env
  const accounts = accountsOf(bindings.ACCOUNTS, seeds(env.apiKeys))
  const seal = sealer(env.keyPepper)
  const infer = inference(env, bindings.INFER)
  const sendJob = async (message: JobMessage) => void (await bindings.JOBS.send(message))
  const app = createApp({
    manifest: env.manifest,
    model: `${env.manifest.name}@${env.manifest.version}`,
    limits: { ...DEFAULT_LIMITS, maxBytes: env.maxBodyBytes },
    maxBodyBytes: env.maxBodyBytes,
    codecs: remoteCodecs({ fetch: (request) => bindings.CODECS.fetch(request) }),
    infer,
    identify: identifier({
      keyring: keys,
      configured: new Map(env.apiKeys.map(({ hash, account }) => [hash, account])),
      verifyToken: env.tokens && tokenVerifier(env.tokens),
    }),
    // Hashes under the pepper are compared: their common beginning says nothing of the key's.
    isAdmin: async (token) =>
      adminKey !== undefined && (await keys.hash(token)) === (await keys.hash(adminKey)),
    keyring: keys,
    sealer: seal,
    shedder: shedder(env.maxInFlight),
    accounts,
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
    sendJob,
    webhooks: {
      allowLocal: env.webhookAllowLocal,
      secret: (webhook) => webhookSecret(env.keyPepper, webhook),
      forget: async (webhook) => bindings.RECEIVERS.getByName(webhook).forget(),
    },
  })
  const jobs: JobDeps = {
    accounts,
    sealer: seal,
    manifest: env.manifest,
    infer,
    sendJob,
    notify: notifier(async (account, webhook, delivery) =>
      bindings.RECEIVERS.getByName(`${account}:${webhook}`).enqueue(delivery),
    ),
  }
  return { app, billing, accounts, jobs }
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

/** Ledgers in their Durable Objects. What the configuration brings of an account is told to its ledger once by each isolate. */
function accountsOf(namespace: DurableObjectNamespace<Account>, seeded: ReadonlyMap<string, Seed>): Accounts {
  const told = new Set<string>()
  return (id) => {
    const run = async <M extends keyof Ledger>(method: M, args: Parameters<Ledger[M]>) =>
      // What comes over RPC is a copy of what the ledger returned: plain data, with no methods to dispose of.
      (await namespace.getByName(id).run(id, method, args as never)) as unknown as ReturnType<Ledger[M]>
    return remoteLedger(async (method, args) => {
      const seed = seeded.get(id)
      if (seed && !told.has(id)) {
        await run('seed', [seed]) // once more by a request beside this one does no harm
        told.add(id)
      }
      return run(method, args)
    })
  }
}

/** Accounts of the configured keys: test keys with every scope. */
function seeds(apiKeys: EdgeEnv['apiKeys']): Map<string, Seed> {
  const ids = new Set(apiKeys.map(({ account }) => account))
  const seed = (account: string, keys: EdgeEnv['apiKeys']): Seed => ({
    account: {
      name: account,
      plan: { kind: 'quota', perMonth: 0 },
      limits: { perMinute: 6000, perKeyPerMinute: 6000, testPerDay: 100_000 },
    },
    keys: keys.map(({ hash }) => ({
      id: `configured-${hash.slice(0, 8)}`,
      hash,
      prefix: 'detl_test_',
      name: 'configured',
      mode: 'test',
      scopes: SCOPES.join(' '),
      expires: null,
    })),
  })
  return new Map(
    [...ids].map((id) => [
      id,
      seed(
        id,
        apiKeys.filter(({ account }) => account === id),
      ),
    ]),
  )
}

/** One job by itself: what keeps one waiting keeps no other. */
async function consume(jobs: JobDeps, message: Message<JobMessage>): Promise<void> {
  try {
    const delaySeconds = await runJob(jobs, message.body, message.attempts)
    if (delaySeconds === undefined) message.ack()
    else message.retry({ delaySeconds })
  } catch (error) {
    console.error(JSON.stringify({ level: 'error', event: 'job', id: message.body.id, error: String(error) }))
    message.retry({ delaySeconds: 30 })
  }
}

const worker: ExportedHandler<Bindings, UsageEvent | JobMessage> = {
  fetch(request, bindings, context) {
    try {
      service ??= start(bindings)
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
    return service.app.fetch(request, bindings, context)
  },
  async queue(batch, bindings) {
    service ??= start(bindings)
    const { billing, accounts, jobs } = service
    if (batch.queue === 'detl-jobs') {
      await Promise.all((batch as MessageBatch<JobMessage>).messages.map((message) => consume(jobs, message)))
      return
    }
    if (!billing) throw new Error('STRIPE_API_KEY is not set: charges wait in the queue')
    await exportUsage(batch as MessageBatch<UsageEvent>, billing, accounts)
  },
}
export default worker
