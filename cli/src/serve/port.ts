import { once } from 'node:events'
import { createServer } from 'node:net'

/** wrangler waits silently, for good, where it cannot have its port. @throws Error that names the port, where something else has it */
export async function assertFree(host: string, port: number): Promise<void> {
  const server = createServer()
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw new Error(
      `port ${port} of ${host} cannot be listened on: ${(cause as NodeJS.ErrnoException).code}`,
      {
        cause,
      },
    )
  }
  server.close()
  await once(server, 'close')
}
