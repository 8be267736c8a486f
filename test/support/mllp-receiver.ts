import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'

/** What a receiver says to a message: an acknowledgement code, several answers of one's own, or nothing. */
type Answer =
  | 'AA'
  | 'AE'
  | 'AR'
  | 'nothing'
  | { raw: (controlId: string) => string[] }
  /** Without a frame around it. */
  | { bytes: (controlId: string) => string }

/**
 * A receiver of HL7 v2 over MLLP on loopback. It keeps what it accepted, once for each MSH-10, as a receiver does that knows repeats.
 * @param tls without it in the clear
 */
export async function mllpReceiver(
  answer: (message: string, nth: number) => Answer = () => 'AA',
  tls?: TlsOptions,
) {
  const accepted = new Map<string, string>()
  const state = { received: 0, accepted }
  const open = new Set<Socket>()
  const serve = (socket: Socket) => {
    open.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => open.delete(socket))
    let buffer = Buffer.alloc(0)
    socket.on('data', (piece: Buffer) => {
      buffer = Buffer.concat([buffer, piece])
      const end = buffer.indexOf('\x1c\r')
      if (end < 0) return
      const message = buffer.subarray(buffer.indexOf(0x0b) + 1, end).toString('utf8')
      buffer = buffer.subarray(end + 2)
      const id = message.split('\r')[0]!.split('|')[9]!
      const said = answer(message, state.received++)
      if (said === 'nothing') {
        socket.destroy()
        return
      }
      if (said === 'AA') accepted.set(id, message)
      if (typeof said !== 'string' && 'bytes' in said) {
        accepted.set(id, message)
        socket.write(said.bytes(id))
        return
      }
      const answers = typeof said === 'string' ? [ack(said, id)] : said.raw(id)
      if (typeof said !== 'string') accepted.set(id, message)
      for (const text of answers) socket.write(`\x0b${text}\x1c\r`)
    })
  }
  const server = tls ? createTlsServer(tls, serve) : createServer(serve)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(state, {
    port: (server.address() as { port: number }).port,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of open) socket.destroy()
      await closed
    },
  })
}

export const ack = (code: string, controlId: string): string =>
  `MSH|^~\\&|RIS||DETL||20260101000000||ACK^R01^ACK|${controlId}A|P|2.5.1\rMSA|${code}|${controlId}\r`
