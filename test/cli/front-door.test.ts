import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { startFrontDoor } from '../../cli/src/serve/front-door.ts'

/** Only how long a test may hang. */
const WAIT = { interval: 1 }

/** A runtime that answers nothing by itself, and counts who is in it. */
async function runtime() {
  const inside = new Set<() => void>()
  const server = createServer((incoming, answer) => {
    incoming.resume()
    const end = () => {
      inside.delete(end)
      answer.writeHead(200).end()
    }
    inside.add(end)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    /** Answers so many, as they come. */
    async answer(count: number) {
      for (let i = 0; i < count; i++) {
        await expect.poll(() => inside.size, WAIT).toBeGreaterThan(0)
        ;[...inside][0]?.()
      }
    },
    inside: () => inside.size,
    stop: () => server.close().closeAllConnections(),
  }
}

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function door() {
  const behind = await runtime()
  let time = 0
  const front = await startFrontDoor(
    { host: '127.0.0.1', port: 0 },
    () => behind.port,
    () => time,
  )
  stops.push(front.stop, behind.stop)
  const call = async (account: number): Promise<number> => {
    const headers = { authorization: `Bearer ${account}` }
    const answer = await fetch(`${front.url}/v1/screenings`, { method: 'POST', headers, body: 'image' })
    await answer.arrayBuffer()
    return answer.status
  }
  return {
    behind,
    later: (ms: number) => {
      time += ms
    },
    /** So many come together and none is answered before all are let in or refused. @returns how many were let in */
    async together(count: number, account = (i: number) => i): Promise<number> {
      let refused = 0
      const all = Array.from({ length: count }, async (_, i) => {
        const status = await call(account(i))
        if (status === 503) refused++
        return status
      })
      await expect.poll(() => behind.inside() + refused, WAIT).toBe(count)
      const inside = behind.inside()
      await behind.answer(inside)
      expect((await Promise.all(all)).filter((status) => status === 200)).toHaveLength(inside)
      return inside
    },
  }
}

/** A door before another server, and uploads through it: the answer's status and body, or what became of the connection. */
async function inFrontOf(behind: Server) {
  behind.listen(0, '127.0.0.1')
  await once(behind, 'listening')
  const { port } = behind.address() as AddressInfo
  const front = await startFrontDoor({ host: '127.0.0.1', port: 0 }, () => port)
  stops.push(front.stop, () => behind.close().closeAllConnections())
  const upload = (megabytes: number) =>
    new Promise<string>((resolve) => {
      const sending = request(`${front.url}/v1/comparisons`, { method: 'POST', agent: false })
      sending.once('error', (error) => resolve(String(error)))
      sending.once('response', async (response) => {
        let text = ''
        for await (const piece of response) text += piece
        resolve(`${response.statusCode} ${text}`)
        sending.destroy()
      })
      const piece = Buffer.alloc(2 ** 20)
      const send = (left: number) => {
        if (left === 0) sending.end()
        else if (sending.write(piece)) setImmediate(send, left - 1)
        else sending.once('drain', () => send(left - 1))
      }
      send(megabytes)
    })
  return { upload, port: Number(new URL(front.url).port) }
}

describe('the front door of a local start', () => {
  it('lets in six who come together', async () => {
    const { together } = await door()
    expect(await together(6)).toBe(6)
  })

  it('lets in fewer at once while more are refused than answered, and six again a second later', async () => {
    const { together, later } = await door()
    expect(await together(40)).toBe(6)
    expect(await together(40)).toBe(2)
    later(1001)
    expect(await together(6)).toBe(6)
  })

  it('lets in fewer as soon as an overload begins, however much was answered just before', async () => {
    const { together } = await door()
    for (let i = 0; i < 6; i++) expect(await together(6)).toBe(6)
    expect(await together(40)).toBe(6)
    expect(await together(40)).toBe(2)
  })

  it('passes a refusal on while the upload is still being sent, and reads on until its sender has seen it', async () => {
    const behind = createServer((_, answer) => {
      // As the runtime does: an answer, then the connection is closed with the rest of the body unread.
      answer.writeHead(401, { 'content-type': 'application/problem+json', connection: 'close' })
      answer.end('{"code":"key-invalid"}', () => answer.socket?.destroySoon())
    })
    const { upload } = await inFrontOf(behind)
    const seen = await Promise.all(Array.from({ length: 8 }, () => upload(20)))
    expect(seen).toEqual(Array(8).fill('401 {"code":"key-invalid"}'))
  })

  it('never answers 500 with the words of the runtime, whose connection to the edge was lost', async () => {
    const behind = createServer((incoming, answer) => {
      incoming.once('data', () => answer.writeHead(500).end('Error: Network connection lost.'))
    })
    const { upload } = await inFrontOf(behind)
    expect(await upload(20)).toMatch(/^503 .*"type":"\/problems\/overloaded"/)
  })

  it('answers 503, not with a cut connection, where the connection behind it breaks', async () => {
    const behind = createServer((incoming) => {
      incoming.once('data', () => incoming.socket.destroy())
    })
    const { upload } = await inFrontOf(behind)
    expect(await upload(20)).toMatch(/^503 .*broke off inside/)
  })

  const request11 = 'GET /v1/models HTTP/1.1'
  it.each([
    ['is no host', request11, ['host: evil"><script>'], 400],
    ['has more than a host', request11, ['host: me@evil'], 400],
    ['has a port that there is not', request11, ['host: a:99999'], 400],
    ['is an address that there is not', request11, ['host: 1.2.3.999'], 400],
    ['is empty', request11, ['host:'], 400],
    ['comes twice', request11, ['host: a', 'host: b'], 400],
    ['is missing', request11, [], 400],
    ['is missing, as HTTP/1.0 allows', 'GET /v1/models HTTP/1.0', [], 200],
    ['is a name', request11, ['host: localhost:8787'], 200],
    ['is an address', request11, ['host: [::1]:8787'], 200],
    ['is a name with an escape and an empty port', request11, ['host: a%2Db_c.example:'], 200],
  ])('knows a Host that %s', async (_, start, hosts, status) => {
    const { port } = await inFrontOf(createServer((incoming, answer) => answer.end(incoming.url)))
    const socket = connect(port, '127.0.0.1')
    socket.write([start, ...hosts, 'connection: close', '', ''].join('\r\n'))
    let answer = ''
    for await (const piece of socket) answer += piece
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(answer.includes('"type":"/problems/request-invalid"')).toBe(status === 400)
  })

  it('does not take places from others where one account asks for too much', async () => {
    const { together } = await door()
    const alone = () => 0
    expect(await together(40, alone)).toBe(4)
    expect(await together(40, alone)).toBe(4)
    expect(await together(6)).toBe(6)
  })
})
