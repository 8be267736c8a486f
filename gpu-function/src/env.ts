import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { parseSigningKeys, type SigningKey } from '@detl/core/wire/signature'
import * as z from 'zod'
import { PRECISION_CHOICES, PROVIDERS, type PrecisionChoice, type Provider } from './session-messages.ts'

/** Everything that can be set, resolved. Times in milliseconds. */
export type GpuFunctionOptions = {
  readonly host: string
  readonly port: number
  readonly modelsDir: string
  readonly keys: readonly SigningKey[] | 'none'
  readonly provider: 'auto' | Provider
  readonly requireGpu: boolean
  /** Whether an adapter that is software (WebGPU on a processor) counts as a GPU. */
  readonly allowSoftware: boolean
  /** Which of a model's files a CPU runs: `auto` measures at start. */
  readonly precision: PrecisionChoice
  readonly threads: number
  readonly maxBatch: number
  readonly batchJoin: 'auto' | 'always'
  readonly batchDelayMs: number | undefined
  readonly maxQueueRows: number
  readonly maxWaitMs: number
  readonly maxBodyBytes: number
  readonly modelsPollMs: number
  readonly requestTimeoutMs: number
  readonly drainGraceMs: number
  readonly metricsToken: string | undefined
  /** Folder of the prediction log; undefined: none is kept. */
  readonly predictionLog: string | undefined
  readonly logLevel: string
}

/** What a caller of `startGpuFunction` must say; the rest has the defaults of {@link DEFAULTS}. */
export type StartOptions = Pick<GpuFunctionOptions, 'modelsDir' | 'keys'> & Partial<GpuFunctionOptions>

export const DEFAULTS: Omit<GpuFunctionOptions, 'modelsDir' | 'keys'> = {
  host: '127.0.0.1',
  port: 8001,
  provider: 'auto',
  requireGpu: false,
  allowSoftware: false,
  precision: 'fp32',
  // One core is left to the thread with the sockets: it must answer, and refuse, while a run is under way.
  threads: Math.max(1, availableParallelism() - 1),
  maxBatch: 16,
  batchJoin: 'auto',
  batchDelayMs: undefined,
  maxQueueRows: 256,
  maxWaitMs: 2_000,
  // Sixteen rows of S = 224 written as JSON are 3 MB; binary, S = 1024, 16 MB.
  maxBodyBytes: 17 * 2 ** 20,
  modelsPollMs: 5_000,
  // A body of 16 KB needs milliseconds; who takes longer than this is slow on purpose or gone.
  requestTimeoutMs: 15_000,
  drainGraceMs: 0,
  metricsToken: undefined,
  predictionLog: undefined,
  logLevel: 'info',
}

const int = (min: number, max: number) => z.coerce.number().int().min(min).max(max).optional()
const envSchema = z.object({
  HOST: z.string().min(1).optional(),
  PORT: int(0, 65_535),
  MODELS_DIR: z.string().min(1).optional(),
  DETL_SIGNING_KEYS: z.string().optional(),
  DETL_AUTH: z.enum(['signed', 'none']).optional(),
  DETL_REQUIRE: z.enum(['gpu']).optional(),
  DETL_ALLOW_SOFTWARE: z.enum(['true', 'false']).optional(),
  DETL_PROVIDER: z.enum(['auto', ...PROVIDERS]).optional(),
  DETL_PRECISION: z.enum(PRECISION_CHOICES).optional(),
  DETL_THREADS: int(1, 256),
  DETL_MAX_BATCH: int(1, 256),
  DETL_BATCH_JOIN: z.enum(['auto', 'always']).optional(),
  DETL_BATCH_DELAY_MS: int(0, 1_000),
  DETL_MAX_QUEUE: int(1, 100_000),
  DETL_MAX_WAIT_MS: int(1, 600_000),
  DETL_MAX_BODY_BYTES: int(1_024, 2 ** 30),
  DETL_MODELS_POLL_MS: int(0, 86_400_000),
  DETL_REQUEST_TIMEOUT_MS: int(100, 600_000),
  DETL_DRAIN_GRACE_MS: int(0, 600_000),
  DETL_METRICS_TOKEN: z.string().min(16).optional(),
  DETL_PREDICTION_LOG: z.string().min(1).optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).optional(),
})

/**
 * Options from the environment and the command line (`--require gpu`, `--allow-software`, `--port`, `--host`, `--models`, `--provider`), which wins.
 * @throws TypeError that says what is wrong and what is accepted, without the value of a secret
 */
export function parseEnv(
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
): GpuFunctionOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      require: { type: 'string' },
      'allow-software': { type: 'boolean' },
      port: { type: 'string' },
      host: { type: 'string' },
      models: { type: 'string' },
      provider: { type: 'string' },
    },
  })
  const named: Record<string, string | undefined> = {
    DETL_REQUIRE: values.require,
    DETL_ALLOW_SOFTWARE: values['allow-software'] ? 'true' : undefined,
    PORT: values.port,
    HOST: values.host,
    MODELS_DIR: values.models,
    DETL_PROVIDER: values.provider,
  }
  const given = Object.entries(named).filter(([, value]) => value !== undefined)
  // An empty variable is one that is not set: Compose and Kubernetes write them so.
  const set = Object.entries(env).filter(([, value]) => value !== undefined && value !== '')
  const parsed = envSchema.safeParse(Object.fromEntries([...set, ...given]))
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new TypeError(`${issue.path.join('.')}: ${issue.message}`)
  }
  const e = parsed.data
  const host = e.HOST ?? DEFAULTS.host
  return {
    ...DEFAULTS,
    ...defined({
      port: e.PORT,
      provider: e.DETL_PROVIDER,
      precision: e.DETL_PRECISION,
      threads: e.DETL_THREADS,
      maxBatch: e.DETL_MAX_BATCH,
      batchJoin: e.DETL_BATCH_JOIN,
      batchDelayMs: e.DETL_BATCH_DELAY_MS,
      maxQueueRows: e.DETL_MAX_QUEUE,
      maxWaitMs: e.DETL_MAX_WAIT_MS,
      maxBodyBytes: e.DETL_MAX_BODY_BYTES,
      modelsPollMs: e.DETL_MODELS_POLL_MS,
      requestTimeoutMs: e.DETL_REQUEST_TIMEOUT_MS,
      drainGraceMs: e.DETL_DRAIN_GRACE_MS,
      metricsToken: e.DETL_METRICS_TOKEN,
      predictionLog: e.DETL_PREDICTION_LOG,
      logLevel: e.LOG_LEVEL,
    }),
    host,
    modelsDir: e.MODELS_DIR ?? 'models',
    requireGpu: e.DETL_REQUIRE === 'gpu',
    allowSoftware: e.DETL_ALLOW_SOFTWARE === 'true',
    keys: keysOf(e.DETL_SIGNING_KEYS, e.DETL_AUTH, host),
  }
}

function keysOf(
  text: string | undefined,
  auth: 'signed' | 'none' | undefined,
  host: string,
): readonly SigningKey[] | 'none' {
  if (auth === 'none') {
    if (!['127.0.0.1', '::1', 'localhost'].includes(host))
      throw new TypeError(`DETL_AUTH=none is for a loopback address; HOST is ${host}`)
    return 'none'
  }
  if (text === undefined)
    throw new TypeError(
      'DETL_SIGNING_KEYS: at least one key is needed, as id:base64 of 32 random bytes; see docs/deploy.md',
    )
  return parseSigningKeys(text)
}

const defined = <T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
