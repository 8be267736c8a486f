import { AppError } from '@detl/core/api/problem'
import { DEFAULT_MODEL } from '@detl/core/model/default-model'
import { type Command, Option } from 'commander'
import { findModel } from '../model-dir.ts'
import { wholeNumber } from '../option-values.ts'
import type { LocalSecrets } from '../serve/secrets.ts'
import { endingSignals, whenNpmIsGone } from '../started-by.ts'

type ServeOptions = {
  port?: number
  gpuPort: number
  host: string
  model: string
  models?: string
  state?: string
  fallback: 'edge' | 'fail'
  localWebhooks?: boolean
  batchHosts?: string
}

const EDGE_PORT = 8787
const GPU_PORT = 8001
const port = wholeNumber(1, 65_535)

export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description('run the GPU function, the edge, or both on this machine, with one model everywhere')
    .argument('<what>', 'gpu, edge or all')
    .option('--model <model>', 'a folder with a manifest.json, or the name of a shipped model', DEFAULT_MODEL)
    .option('--port <n>', `port of what is served (edge ${EDGE_PORT}, gpu ${GPU_PORT})`, port)
    .option('--gpu-port <n>', 'port of the GPU function beside `all`', port, GPU_PORT)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--models <dir>', '`gpu` only: every model of this folder instead of one, new ones too')
    .addOption(
      new Option(
        '--fallback <who>',
        'what a screening gets while the GPU function is away: the edge’s own scores, or 503',
      )
        .choices(['edge', 'fail'])
        .default('edge'),
    )
    .option('--local-webhooks', 'let webhooks go to this machine, over plain HTTP: to try a receiver out')
    .option(
      '--batch-hosts <hosts>',
      'hosts that batches may fetch images from: "images.example.org, http://127.0.0.1:9000"',
    )
    .option('--state <dir>', 'keep accounts, keys and secrets here; without it they last until the end')
    .action(async (what: string, options: ServeOptions) => {
      const { localSecrets } = await import('../serve/secrets.ts')
      const secrets = localSecrets(options.state)
      if (what !== 'gpu' && what !== 'edge' && what !== 'all')
        program.error(`serve: expected gpu, edge or all, not "${what}"`)
      else if (options.models !== undefined && what !== 'gpu')
        program.error('serve: --models is for `gpu`; the edge works by one model: --model')
      else await serve(what, options, secrets)
    })
}

async function serve(
  what: 'gpu' | 'edge' | 'all',
  options: ServeOptions,
  secrets: LocalSecrets,
): Promise<void> {
  const { checkPorts } = await import('../serve/ports.ts')
  const { startFolder } = await import('../serve/start-folder.ts')
  const { host } = options
  const gpuPort = what === 'gpu' ? (options.port ?? GPU_PORT) : options.gpuPort
  const edgePort = options.port ?? EDGE_PORT
  const modelDir = findModel(options.model)
  const tokens = what === 'gpu' ? {} : tokenSettings(process.env)
  // Whatever can be wrong with the call is said before anything is built or started.
  await checkPorts(host, [
    ...(what === 'edge' ? [] : [{ port: gpuPort, option: what === 'gpu' ? '--port' : '--gpu-port' }]),
    ...(what === 'gpu' ? [] : [{ port: edgePort, option: '--port' }]),
  ])
  const stops: (() => Promise<void>)[] = []
  if (what !== 'gpu' && options.state !== undefined) stops.push(await lockState(options.state))
  const folder = startFolder(modelDir)
  stopOnSignals(stops)
  console.log(`Model          ${folder.manifest.name} ${folder.manifest.version} (${modelDir})`)
  if (what !== 'edge') {
    const modelsDir = options.models ?? folder.modelsDir
    stops.push(await serveGpu({ host, port: gpuPort, modelsDir, signingKey: secrets.signingKey }))
    if (what === 'gpu') console.log(`Signing key    DETL_SIGNING_KEY=${secrets.signingKey}`)
  }
  if (what === 'gpu') return
  // wrangler is large: it is loaded here, not by every command
  const [{ startEdge }, { buildPage }] = await Promise.all([
    import('../serve/edge.ts'),
    import('../serve/page.ts'),
  ])
  await buildPage({ modelDir, outDir: folder.pageDir })
  const edge = await startEdge({
    host,
    port: edgePort,
    gpuUrl: `http://127.0.0.1:${gpuPort}`,
    modelDir,
    pageDir: folder.pageDir,
    secrets,
    stateDir: options.state,
    vars: {
      FALLBACK: options.fallback,
      WEBHOOK_ALLOW_LOCAL: String(options.localWebhooks ?? false),
      BATCH_HOSTS: options.batchHosts ?? '',
      ...tokens,
      BATCH_WORKERS: '4', // as many as the local queue calls at once: others would wait in it, before other accounts' batches
    },
  })
  stops.push(edge.stop)
  sayWhere(edge.url, secrets)
}

/**
 * Of the environment, as a deployment sets them: whose JSON Web Tokens the edge accepts.
 * @throws AppError request-invalid where some are set and others are not
 */
function tokenSettings(env: NodeJS.ProcessEnv): Record<string, string> {
  const names = ['OIDC_ISSUER', 'OIDC_AUDIENCE', 'OIDC_JWKS_URL']
  const set = names.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []))
  if (set.length > 0 && set.length < names.length)
    throw new AppError('request-invalid', `${names.join(', ')} are set together or not at all`)
  return Object.fromEntries(set)
}

/** Two runtimes on the databases of one folder refuse each other's calls, and what was reserved in between stays reserved. @returns its end */
async function lockState(state: string): Promise<() => Promise<void>> {
  const { lockFolder } = await import('@detl/gateway/queue/lock-folder')
  const lock = lockFolder(state, `another start works on ${state}: end it, or give this one another --state`)
  return async () => lock.release()
}

async function serveGpu(options: Parameters<typeof import('../serve/gpu.ts').startGpu>[0]) {
  const { startGpu } = await import('../serve/gpu.ts')
  const { keepRunning } = await import('../serve/keep-running.ts')
  const gpu = await keepRunning('The GPU function', () => startGpu(options))
  console.log(`GPU function   ${gpu.current()?.url}`)
  return gpu.stop
}

function sayWhere(url: string, { demoKey, adminKey }: LocalSecrets): void {
  console.log(`Page           ${url}/#key=${demoKey}`)
  console.log(`Demo API key   ${demoKey}`)
  console.log(`Admin key      ${adminKey}`)
  console.log(
    `Try            curl -H 'Authorization: Bearer ${demoKey}' --data-binary @CHEST-XRAY.png ${url}/v1/screenings`,
  )
  console.log('Stop           Ctrl-C')
}

function stopOnSignals(stops: readonly (() => Promise<void>)[]): void {
  let started = false
  const stop = async () => {
    if (started) return
    started = true
    for (const stopOne of stops.toReversed()) await stopOne()
    process.exit()
  }
  for (const signal of endingSignals()) process.on(signal, () => void stop())
  whenNpmIsGone(() => void stop())
}
