/** What the server does with HTTP itself, over real sockets. */
import { once } from 'node:events'
import http from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { inferCall, signedCall } from '../support/gpu-client.ts'
import { gpuServer } from '../support/gpu-server.ts'

const server = gpuServer()
const image = new Uint8Array(32 * 32).fill(9)

/** Everything that comes over a connection until it ends, or until it has been silent for a while. */
async function exchange(bytes: string | Buffer, silenceMs = 300): Promise<{ text: string; closed: boolean }> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  socket.on('error', () => undefined)
  socket.write(bytes)
  socket.setTimeout(silenceMs, () => socket.emit('silence'))
  const closed = await Promise.race([
    once(socket, 'close').then(() => true),
    once(socket, 'silence').then(() => false),
  ])
  socket.destroy()
  return { text, closed }
}

describe('a call', () => {
  it('with HEAD is answered as GET is, without the body', async () => {
    const [head, get] = await Promise.all(
      ['HEAD', 'GET'].map((method) => server.fetch('/v2/health/ready', { method })),
    )
    expect(head!.status).toBe(200)
    expect(await head!.text()).toBe('')
    expect(head!.headers.get('content-length')).toBe(get!.headers.get('content-length'))
    expect((await server.fetch('/v2/models/detl', await signedCall('HEAD', '/v2/models/detl'))).status).toBe(
      200,
    )
  })

  it('with a method that its address does not have is not found', async () => {
    const response = await server.fetch('/v2/models/detl', await signedCall('DELETE', '/v2/models/detl'))
    expect([response.status, await response.json()]).toEqual([
      404,
      { error: 'there is no DELETE /v2/models/detl', code: 'not-found' },
    ])
  })

  it('whose address is written in full, as for a proxy, is the same call', async () => {
    const { path, init } = await inferCall({ image })
    const { port } = new URL(server.url)
    const call = http.request({
      port,
      method: 'POST',
      path: `http://elsewhere.example${path}`,
      headers: init.headers as http.OutgoingHttpHeaders,
    })
    call.end(init.body)
    const [response] = (await once(call, 'response')) as [http.IncomingMessage]
    response.resume()
    expect(response.statusCode).toBe(200)
  })

  it('for a name that is no UTF-8 is not found', async () => {
    const path = '/v2/models/%ff'
    expect((await server.fetch(path, await signedCall('GET', path))).status).toBe(404)
  })
})

describe('a body that nobody wants', () => {
  const head = (length: number) =>
    `POST /v2/models/detl/infer HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n`
  const ping = 'GET /ping HTTP/1.1\r\nhost: x\r\n\r\n'

  it('is read away when it comes, and the connection serves the next call', async () => {
    const { text, closed } = await exchange(head(5) + 'x'.repeat(5) + ping)
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401', 'HTTP/1.1 200'])
    expect(closed).toBe(false)
  })

  it('is not waited for', async () => {
    const { text, closed } = await exchange(`${head(1000)}x`, 5000)
    expect(text).toMatch(/^HTTP\/1\.1 401/)
    expect(closed).toBe(true)
  })
})
