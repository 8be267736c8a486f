import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export type Link = { readonly bitsPerS: number; readonly roundTripMs: number }

/**
 * A TCP port whose connections go on to another one as over a slow link: every byte takes its time in its direction, and half a round trip.
 * A new connection costs a round trip. Slow start and losses are not imitated: both would favour the smaller upload.
 */
export async function slowLink(toPort: number, { bitsPerS, roundTripMs }: Link) {
  const open = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(toPort, '127.0.0.1')
    for (const socket of [near, far]) {
      open.add(socket)
      socket.on('close', () => open.delete(socket))
      socket.on('error', () => {
        near.destroy()
        far.destroy()
      })
    }
    const carry = async (from: Socket, to: Socket) => {
      await sleep(from === near ? roundTripMs : 0)
      for await (const chunk of from as AsyncIterable<Buffer>) {
        await sleep((8000 * chunk.length) / bitsPerS)
        setTimeout(() => !to.destroyed && to.write(chunk), roundTripMs / 2)
      }
      setTimeout(() => to.end(), roundTripMs / 2)
    }
    // A connection that breaks off is told by its socket.
    void carry(near, far).catch(() => undefined)
    void carry(far, near).catch(() => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as { port: number }).port,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}
