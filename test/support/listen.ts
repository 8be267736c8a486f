import { once } from 'node:events'
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { within } from './deadline.ts'

/** A service of this process under an address, for what is tried in a process of its own. */
export async function listen(service: { request: (request: Request) => Response | Promise<Response> }) {
  const server = createServer(getRequestListener((request) => service.request(request)))
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
