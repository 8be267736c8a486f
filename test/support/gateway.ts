import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig } from '@detl/gateway/config'
import { startGateway } from '@detl/gateway/gateway'
import { type DetlProcess, detl } from './detl-process.ts'
import { edgeApp } from './edge-app.ts'
import { freePort } from './free-port.ts'
import { listen } from './listen.ts'

/** What a gateway of these tests is told, beside its service and its folder. */
export type GatewaySettings = Record<string, unknown> & { destinations: Record<string, unknown> }

/** A service under an address, and a folder for gateways that call it. */
export async function serviceFor(options: Parameters<typeof edgeApp>[0] = {}) {
  const edge = await edgeApp(options)
  const running: DetlProcess[] = []
  const received: { headers: string; body: Buffer }[] = []
  const server = await listen({
    request: async (request) => {
      const body = Buffer.from(await request.clone().arrayBuffer())
      received.push({ headers: JSON.stringify([...request.headers]), body })
      return edge.request(request)
    },
  })
  const dir = mkdtempSync(join(tmpdir(), 'detl-gateway-'))
  writeFileSync(join(dir, 'key'), edge.key)
  const retry = { firstS: 0.05, longestS: 0.4, giveUpAfterS: 60 }
  const full = (settings: GatewaySettings, data = 'data') => ({
    service: { url: server.url, keyFile: 'key' },
    data,
    retry,
    ...settings,
  })
  return {
    edge,
    url: server.url,
    /** All that came over the network to the service. */
    received,
    dir,
    /** In this process. */
    start: (settings: GatewaySettings, data?: string) => startGateway(parseConfig(full(settings, data), dir)),
    /** The file of a configuration, for `detl gateway --config`. */
    configFile: (settings: GatewaySettings) => {
      const path = join(dir, 'gateway.json')
      writeFileSync(path, JSON.stringify(full(settings)))
      return path
    },
    /** As a user starts it, in a process of its own. */
    run: async (path: string) => {
      const gateway = detl(['gateway', '--config', path])
      running.push(gateway)
      await gateway.line(/The gateway is ready/)
      return gateway
    },
    /** Screenings that the service answered, was asked for again, and billed. */
    usage: async () => {
      const { usage } = (await (await edge.call('GET', '/v1/usage', edge.key)).json()) as {
        usage: { outcome: string; screenings: number }[]
      }
      return Object.fromEntries(usage.map(({ outcome, screenings }) => [outcome, screenings]))
    },
    /** Also the gateways that a test that failed left running. */
    stop: async () => {
      for (const gateway of running) await gateway.stop('SIGKILL')
      await server.stop()
      await edge.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** A DICOM entity of a gateway that these callers may call. */
export const dimseIn = async (callers = ['STORESCU']) => ({
  aet: 'DETL',
  port: await freePort(),
  callers: callers.map((aet) => ({ aet })),
})
