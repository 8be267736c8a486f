import { once } from 'node:events'
import { createServer } from 'node:net'

const FIRST = 20_000
/** Linux gives ports from here on to outgoing connections. */
const END = 32_768

/**
 * A port that nothing listens on. Below those of outgoing connections: a server that is to be killed and started again on its port would
 * else find it taken by one of its own callers, now and then.
 */
export async function freePort(): Promise<number> {
  for (let tries = 100; tries > 0; tries--) {
    const port = FIRST + Math.floor(Math.random() * (END - FIRST))
    const server = createServer()
    const free = once(server, 'listening').then(
      () => true,
      () => false,
    )
    server.listen(port, '127.0.0.1')
    if (!(await free)) continue
    server.close()
    await once(server, 'close')
    return port
  }
  throw new Error('no free port')
}
