import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { within } from './deadline.ts'

/** A service of this process under an address, for what is tried in a process of its own. */
export const listen = (service: { request: (request: Request) => Response | Promise<Response> }) =>
  listenWith(getRequestListener((request) => service.request(request)))

/** A listener of `node:http` under an address. */
export async function listenWith(listener: RequestListener) {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await within(5000, 'a server of this process to close', closed)
    },
  }
}
