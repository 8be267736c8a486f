import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import type { GatewayConfig } from '../config.ts'
import type { Queue } from '../queue/queue.ts'
import type { Receive } from '../sources/receive.ts'
import { stowRoute } from '../sources/stow-route.ts'
import { tlsOptions } from '../tls.ts'
import { metricsOf } from './metrics.ts'
import { statusPage } from './status-page.ts'

type Deps = {
  readonly config: NonNullable<GatewayConfig['http']>
  readonly maxBytes: number
  readonly queue: Queue
  readonly receive: Receive
}

/** Objects in one request. */
const MAX_OBJECTS = 8

/** Status page, metrics, health, and STOW-RS where it has a token. @throws Error where the address is taken */
export async function startHttp({ config, maxBytes, queue, receive }: Deps) {
  const app = new Hono()
  app.use(secureHeaders({ contentSecurityPolicy: { defaultSrc: ["'none'"], styleSrc: ["'unsafe-inline'"] } }))
  const metrics = metricsOf(queue)
  app.get('/', (c) => c.html(statusPage(queue)))
  app.get('/healthz', (c) => c.json({ status: 'ok' }))
  app.get('/metrics', async (c) =>
    c.body(await metrics.metrics(), 200, { 'content-type': metrics.contentType }),
  )
  if (config.stow) {
    const token = readFileSync(config.stow.tokenFile, 'utf8').trim()
    const stow = stowRoute(receive, token, MAX_OBJECTS * maxBytes)
    app.post('/dicom-web/studies', stow)
    app.post('/dicom-web/studies/:study', stow)
  }
  const listener = getRequestListener(app.fetch)
  const server = config.tls
    ? createTlsServer({ ...tlsOptions(config.tls), requestCert: config.tls.ca !== undefined }, listener)
    : createServer(listener)
  server.listen(config.port, config.host)
  await once(server, 'listening')
  return {
    port: (server.address() as { port: number }).port,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
