import { parseManifest } from '@detl/core/model/manifest'
import { parseSigningKeys } from '@detl/core/wire/signature'
import * as z from 'zod'
import { parseHosts } from './batch/source-rules.ts'
import { configuredKeys } from './ledger/seed.ts'
import { parsePorts, RECEIVER_PORTS } from './webhooks/address.ts'

const milliseconds = z.coerce.number().int().positive()
const count = z.coerce.number().int().positive()

/** Vars and secrets of wrangler.toml, as the bindings give them: text. */
const varsSchema = z.object({
  /** One URL, or several with weights: `https://a;weight=3, https://b`. Empty: there is no GPU, and the edge runs the model itself. */
  GPU_URL: z.string(),
  GPU_DEADLINE_MS: milliseconds,
  /** With several GPUs: another one is asked beside one that has not answered for so long. */
  HEDGE_AFTER_MS: milliseconds.default(1000),
  /** What accounts get that chose nothing while the GPU is away: the edge's own run of the model, or 503. */
  FALLBACK: z.enum(['edge', 'fail']).default('fail'),
  /** The edge begins beside a GPU that has not answered for so long. */
  FALLBACK_AFTER_MS: milliseconds.default(2000),
  /** How long a request may take in all, its upload too: less than LEASE_MS. */
  DEADLINE_MS: milliseconds.default(55_000),
  /** How long a screening may take in all before its place in the ledger lapses: longer than upload, decode and GPU_DEADLINE_MS together. */
  LEASE_MS: milliseconds,
  /** Screenings that one isolate has in progress at once; under load tests give way first, then quotas. */
  MAX_IN_FLIGHT: count.default(32),
  /** Of them, those that it decodes at once; whoever would wait longer for that than MAX_WAIT_MS is refused. */
  DECODE_AT_ONCE: count.default(2),
  MAX_WAIT_MS: milliseconds.default(400),
  MAX_BODY_BYTES: count,
  /** What one isolate holds of uploads at once; one account has two thirds of it at most, and never less than one upload. */
  MAX_UPLOAD_BYTES: count.default(96 * 2 ** 20),
  /** An upload that is slower than this, after its first seconds, is ended. */
  UPLOAD_GRACE_MS: milliseconds.default(5000),
  UPLOAD_MIN_BYTES_PER_S: count.default(16_384),
  /** `id:base64`, one of the keys that the GPU function accepts. */
  DETL_SIGNING_KEY: z.string(),
  /** Keys that the deployment itself brings, beside those that the ledgers hold (`ledger/seed.ts`). */
  DETL_API_KEYS: z.string().default('[]'),
  DETL_KEY_PEPPER: z.string().min(16),
  /** Of who runs the service; without it there is no admin API. */
  DETL_ADMIN_KEY: z.string().min(16).optional(),
  /** Another model than the one built in: its manifest.json. */
  MODEL_MANIFEST: z.string().optional(),
  /** Hosts that batches may fetch images from: `images.example.org, *.s3.amazonaws.com`. None, and batches read the bucket alone. */
  BATCH_HOSTS: z.string().default(''),
  /** How long a worker may take over one image's fetch. */
  BATCH_FETCH_MS: milliseconds.default(30_000),
  /** A worker of a batch that was not heard of for so long counts as dead. */
  BATCH_LEASE_MS: milliseconds.default(120_000),
  /** `true` on a local start only: webhooks may go to loopback, over plain HTTP. */
  WEBHOOK_ALLOW_LOCAL: z.enum(['true', 'false']).default('false'),
  /** Ports that webhooks may go to: `443, 9443`. */
  WEBHOOK_PORTS: z.string().default(''),
  /** JSON Web Tokens of an OpenID issuer are accepted where these three are set. */
  OIDC_ISSUER: z.url().optional(),
  OIDC_AUDIENCE: z.string().min(1).optional(),
  OIDC_JWKS_URL: z.url().optional(),
  /** Charges are exported where these are set. */
  STRIPE_API_KEY: z.string().min(1).optional(),
  STRIPE_URL: z.url().default('https://api.stripe.com'),
  STRIPE_EVENT_NAME: z.string().default('detl_screening'),
  STRIPE_METER_ID: z.string().default(''),
})

export type EdgeEnv = ReturnType<typeof parseEnv>

/**
 * Bindings → typed configuration, once.
 * @throws Error naming each variable that is missing or malformed, never its value
 */
export function parseEnv(bindings: unknown, builtInManifest: unknown) {
  const parsed = varsSchema.safeParse(bindings)
  if (!parsed.success) {
    throw new Error(
      `wrangler bindings: ${parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; ')}`,
    )
  }
  const vars = parsed.data
  const signingKey = parseSigningKeys(vars.DETL_SIGNING_KEY)[0]!
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, OIDC_JWKS_URL: jwksUrl } = vars
  const anyToken = issuer ?? audience ?? jwksUrl
  if (anyToken !== undefined && !(issuer && audience && jwksUrl))
    throw new Error(
      'wrangler bindings: OIDC_ISSUER, OIDC_AUDIENCE and OIDC_JWKS_URL are set together or not at all',
    )
  return {
    gpus: parseGpus(vars.GPU_URL),
    hedgeAfterMs: vars.HEDGE_AFTER_MS,
    gpuDeadlineMs: vars.GPU_DEADLINE_MS,
    fallback: vars.FALLBACK,
    fallbackAfterMs: vars.FALLBACK_AFTER_MS,
    deadlineMs: vars.DEADLINE_MS,
    leaseMs: vars.LEASE_MS,
    places: { capacity: vars.MAX_IN_FLIGHT, atOnce: vars.DECODE_AT_ONCE, maxWaitMs: vars.MAX_WAIT_MS },
    uploads: {
      maxBytes: vars.MAX_BODY_BYTES,
      graceMs: vars.UPLOAD_GRACE_MS,
      minBytesPerS: vars.UPLOAD_MIN_BYTES_PER_S,
    },
    uploadBytes: vars.MAX_UPLOAD_BYTES,
    signingKey,
    apiKeys: configuredKeys(vars.DETL_API_KEYS),
    keyPepper: vars.DETL_KEY_PEPPER,
    adminKey: vars.DETL_ADMIN_KEY,
    manifest: parseManifest(vars.MODEL_MANIFEST ? JSON.parse(vars.MODEL_MANIFEST) : builtInManifest),
    batches: {
      hosts: parseHosts(vars.BATCH_HOSTS),
      fetchMs: vars.BATCH_FETCH_MS,
      leaseMs: vars.BATCH_LEASE_MS,
    },
    webhookPorts: vars.WEBHOOK_PORTS === '' ? RECEIVER_PORTS : parsePorts(vars.WEBHOOK_PORTS),
    webhookAllowLocal: vars.WEBHOOK_ALLOW_LOCAL === 'true',
    tokens: issuer && audience && jwksUrl ? { issuer, audience, jwksUrl } : undefined,
    stripe:
      vars.STRIPE_API_KEY === undefined
        ? undefined
        : {
            apiKey: vars.STRIPE_API_KEY,
            baseUrl: vars.STRIPE_URL,
            eventName: vars.STRIPE_EVENT_NAME,
            meterId: vars.STRIPE_METER_ID,
          },
  }
}

/** `https://a;weight=3, https://b` → targets. @throws Error that names the entry */
function parseGpus(text: string): { url: string; weight: number }[] {
  const entries = text.split(',').filter((entry) => entry.trim() !== '')
  return entries.map((entry, index) => {
    const match = /^\s*(https?:\/\/[^\s;,]+?)\/?(?:;weight=(\d{1,4}))?\s*$/.exec(entry)
    if (!match?.[1] || !URL.canParse(match[1]) || match[2] === '0')
      throw new Error(`wrangler bindings: GPU_URL: entry ${index + 1} is no URL with an optional ;weight=N`)
    return { url: match[1], weight: Number(match[2] ?? 1) }
  })
}
