import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

const FIRST = 20_000
/** Linux gives ports from here on to outgoing connections. */
const END = 32_768
const HOST = '127.0.0.1'
const TRIES = 100

/** Held until this process ends: what was given is given to nobody else, however late its server listens. */
const held = new Set<Socket>()

/**
 * A TCP port that nothing listens on, and that no other test or bench of this machine is given while this process lives: the UDP port of the
 * same number is held as the sign of it, which the system frees by itself, whatever ends the process. Below those of outgoing connections: a
 * server that is to be killed and started again on its port would else find it taken by one of its own callers, now and then.
 * @param range first port, and the one behind the last
 * @throws Error where none is found
 */
export async function freePort([first, end]: readonly [number, number] = [FIRST, END]): Promise<number> {
  const start = first + Math.floor(Math.random() * (end - first))
  for (let tries = 0; tries < Math.min(TRIES, end - first); tries++) {
    const port = first + ((start - first + tries) % (end - first))
    const sign = await hold(port)
    if (!sign) continue
    if (await isFree(port)) {
      held.add(sign)
      return port
    }
    sign.close()
  }
  throw new Error(`no free port in ${first} … ${end - 1}`)
}

/** @returns undefined if another one has it */
async function hold(port: number): Promise<Socket | undefined> {
  const socket = createSocket('udp4').unref()
  const bound = once(socket, 'listening').then(
    () => socket,
    () => undefined,
  )
  socket.bind({ port, address: HOST, exclusive: true })
  return bound
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const free = once(server, 'listening').then(
    () => true,
    () => false,
  )
  server.listen(port, HOST)
  if (!(await free)) return false
  server.close()
  await once(server, 'close')
  return true
}
