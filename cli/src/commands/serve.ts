import { type Command, Option } from 'commander'

type ServeOptions = {
  port?: string
  gpuPort: string
  host: string
  model: string
  models: string
  state?: string
  fallback: 'edge' | 'fail'
  localWebhooks?: boolean
}

export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description('run the GPU function, the edge, or both on this machine')
    .argument('<what>', 'gpu, edge or all')
    .option('--port <n>', 'port of what is served (edge 8787, gpu 8001)')
    .option('--gpu-port <n>', 'port of the GPU function beside `all`', '8001')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--models <dir>', 'folder of models', 'models')
    .option('--model <name>', 'model that the edge calls', 'detl-128')
    .addOption(
      new Option(
        '--fallback <who>',
        'what a screening gets while the GPU function is away: the edge’s own scores, or 503',
      )
        .choices(['edge', 'fail'])
        .default('edge'),
    )
    .option('--local-webhooks', 'let webhooks go to this machine, over plain HTTP: to try a receiver out')
    .option('--state <dir>', 'keep accounts, keys and secrets here; without it they last until the end')
    .action(async (what: string, options: ServeOptions) => {
      // wrangler is large: it is loaded here, not by every command
      const { startEdge } = await import('../serve/edge.ts')
      const { startGpu } = await import('../serve/gpu.ts')
      const { keepRunning } = await import('../serve/keep-running.ts')
      const { localSecrets } = await import('../serve/secrets.ts')
      const stops: (() => Promise<void>)[] = []
      const stop = once(async () => {
        for (const stopOne of stops.reverse()) await stopOne()
        process.exit()
      })
      process.on('SIGINT', stop)
      process.on('SIGTERM', stop)

      const secrets = localSecrets(options.state)
      if (what === 'gpu' || what === 'all') {
        const port = Number(what === 'gpu' ? (options.port ?? 8001) : options.gpuPort)
        const { signingKey } = secrets
        const gpu = await keepRunning('The GPU function', () =>
          startGpu({ host: options.host, port, modelsDir: options.models, signingKey }),
        )
        stops.push(gpu.stop)
        console.log(`GPU function   ${gpu.current()?.url}`)
        if (what === 'gpu') console.log(`Signing key    DETL_SIGNING_KEY=${secrets.signingKey}`)
      }
      if (what === 'edge' || what === 'all') {
        const edge = await startEdge({
          host: options.host,
          port: Number(options.port ?? 8787),
          gpuUrl: `http://127.0.0.1:${options.gpuPort}`,
          modelDir: `${options.models}/${options.model}`,
          secrets,
          stateDir: options.state,
          vars: { FALLBACK: options.fallback, WEBHOOK_ALLOW_LOCAL: String(options.localWebhooks ?? false) },
        })
        stops.push(edge.stop)
        const address = `${edge.url}/v1/screenings`
        console.log(`Page           ${edge.url}/#key=${secrets.demoKey}`)
        console.log(`Demo API key   ${secrets.demoKey}`)
        console.log(`Admin key      ${secrets.adminKey}`)
        console.log(
          `Try            curl -H 'Authorization: Bearer ${secrets.demoKey}' --data-binary @CHEST-XRAY.png ${address}`,
        )
        console.log('Stop           Ctrl-C')
      }
      if (stops.length === 0) program.error(`serve: expected gpu, edge or all, not "${what}"`)
    })
}

function once(action: () => Promise<void>): () => void {
  let started = false
  return () => {
    if (started) return
    started = true
    void action()
  }
}
