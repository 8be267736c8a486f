import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Logger, pino } from 'pino'
import { adapterText } from './adapter.ts'
import { createApp } from './app.ts'
import { DEFAULTS, type GpuFunctionOptions, type StartOptions } from './env.ts'
import { Metrics } from './metrics.ts'
import { Models } from './models.ts'
import { Predictions } from './predictions.ts'
import { ReplayCache } from './replay.ts'
import { PROVIDERS, type Provider } from './session-messages.ts'

export type GpuFunction = {
  /** `http://host:port`, with the port that was really taken when 0 was asked for. */
  readonly url: string
  readonly provider: Provider
  /** What the provider computes on, in one line. */
  readonly adapter: string
  readonly models: readonly { name: string; version: string; preprocess: string }[]
  /** Stops accepting, finishes what was accepted, frees the sessions. */
  close(): Promise<void>
}

/**
 * Starts the GPU function in this process; resolves when every model is loaded and warmed up. It listens at once, so
 * that a host sees it live while it is not yet ready.
 * @param options `keys`: see `parseSigningKeys`; `port: 0` takes a free one; `logger` instead of `logLevel`
 * @throws Error when the address is taken, or a model cannot be loaded
 */
export async function startGpuFunction(given: StartOptions & { logger?: Logger }): Promise<GpuFunction> {
  const options: GpuFunctionOptions = { ...DEFAULTS, ...given }
  const log = given.logger ?? pino({ level: options.logLevel })
  const started = performance.now()
  const metrics = new Metrics()
  const predictions = predictionsOf(options, log, metrics)
  const root = options.modelsDir
  const models = new Models({ root, options: loadOptions(options), log, metrics, predictions })
  const state = { draining: false }
  const app = createApp({ models, metrics, log, state, predictions, replay: new ReplayCache(), ...options })
  const server = await listen(app, options)
  const listening = performance.now()
  let poll: NodeJS.Timeout | undefined
  const close = once(async () => {
    state.draining = true
    clearInterval(poll)
    await drain(server, options, () => models.close())
    await predictions?.close()
    metrics.close()
  })
  try {
    await models.refresh()
    const failures = models.failures()
    if (failures.length > 0) throw new Error(`a model cannot be served: ${failures.join('; ')}`)
    const first = models.all()[0]
    if (!first)
      throw new Error(`there is no model in ${options.modelsDir}: <name>/model.onnx with manifest.json`)
    if (options.modelsPollMs > 0) poll = lookEvery(options.modelsPollMs, models, log)
    const ready = performance.now()
    const phases = { boot: started, listen: listening - started, models: ready - listening, total: ready }
    for (const [phase, ms] of Object.entries(phases)) metrics.coldStart.set({ phase }, ms / 1000)
    const { address, port } = server.address() as AddressInfo
    const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}`
    const { provider } = first.session
    const adapter = adapterText(first.session.adapter)
    log.info(
      {
        url,
        provider,
        adapter,
        threads: options.threads,
        auth: options.keys === 'none' ? 'none' : 'signed',
        phases,
      },
      'ready',
    )
    if (options.keys === 'none') log.warn('calls are not signed: for this machine only')
    const list = models.all().map(({ name, version, preprocess }) => ({ name, version, preprocess }))
    return { url, provider, adapter, models: list, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The prediction log, where one is asked for. */
function predictionsOf(
  { predictionLog }: GpuFunctionOptions,
  log: Logger,
  metrics: Metrics,
): Predictions | undefined {
  if (predictionLog === undefined) return undefined
  const count = (outcome: 'written' | 'lost', lines = 1) => metrics.predictions.inc({ outcome }, lines)
  const predictions = new Predictions({ dir: predictionLog, log, count })
  metrics.drift(() => predictions.drift())
  return predictions
}

/** Finishes what was accepted, frees the models, and closes the server. */
async function drain(
  server: Server,
  { drainGraceMs, requestTimeoutMs }: GpuFunctionOptions,
  free: () => Promise<void>,
): Promise<void> {
  // Load balancers go on sending until they have seen that this one is not ready.
  await new Promise((resolve) => setTimeout(resolve, drainGraceMs))
  const closed = new Promise((resolve) => server.close(resolve))
  // Connections that fall idle after their last answer; those that send too slowly are not waited for.
  const idle = setInterval(() => server.closeIdleConnections(), 20)
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, requestTimeoutMs).unref())])
  clearInterval(idle)
  await free()
  server.closeAllConnections()
  await closed
}

/** Looks for new models; a slow disk must not let looks pile up. */
function lookEvery(ms: number, models: Models, log: Logger): NodeJS.Timeout {
  let looking = false
  const timer = setInterval(async () => {
    if (looking) return
    looking = true
    await models.refresh().catch((err: unknown) => log.error({ err }, 'the models folder cannot be read'))
    looking = false
  }, ms)
  return timer.unref()
}

const loadOptions = (options: GpuFunctionOptions) => ({
  providers: providersFor(options),
  threads: options.threads,
  maxRows: options.maxBatch,
  requireGpu: options.requireGpu,
  precision: options.precision,
  // Who names the provider gets it, on whatever it finds; who requires a GPU does not get one that is software.
  software: options.allowSoftware || (options.provider !== 'auto' && !options.requireGpu),
  join: options.batchJoin,
  delayMs: options.batchDelayMs,
  maxQueueRows: options.maxQueueRows,
  maxWaitMs: options.maxWaitMs,
})

/**
 * From the provider that was asked for downwards. TensorRT builds an engine for minutes at its first start, so it is taken only when it is
 * asked for.
 */
function providersFor({ provider, requireGpu }: GpuFunctionOptions): Provider[] {
  const first = PROVIDERS.indexOf(provider === 'auto' ? 'cuda' : provider)
  const gpu = PROVIDERS.slice(first).filter((name) => name !== 'cpu')
  return requireGpu && gpu.length > 0 ? gpu : [...gpu, 'cpu']
}

function listen(app: RequestListener, options: GpuFunctionOptions): Promise<Server> {
  const server = createServer(
    {
      requestTimeout: options.requestTimeoutMs,
      headersTimeout: Math.min(10_000, options.requestTimeoutMs),
      connectionsCheckingInterval: 1_000,
      // Longer than the 60 s after which load balancers close an idle connection: else they use one that we just closed.
      keepAliveTimeout: 65_000,
      maxHeaderSize: 8 * 1024,
    },
    app,
  )
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.removeListener('error', reject)
      resolve(server)
    })
  })
}

function once(run: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined
  return () => {
    result ??= run()
    return result
  }
}
