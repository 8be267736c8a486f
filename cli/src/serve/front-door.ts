import { once } from 'node:events'
import {
  Agent,
  createServer,
  type IncomingMessage,
  type RequestOptions,
  request,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { AppError, PROBLEMS, type ProblemCode } from '@detl/core/api/problem'
import { problemDetails } from '@detl/core/api/problem-schema'
import { type Places, places } from '@detl/core/places/places'
import { BURST, Load } from './load.ts'

/** Paths at which the development runtime, not the edge, would answer: an explorer of the storage, triggers, traces. */
const RUNTIME_PATHS = /^\/(cdn-cgi|__cf_local)(\/|$)/i
const LONGEST_MS = 60_000
/** Of one connection alone (RFC 9110, section 7.6.1), and what steers the runtime. */
const NOT_PASSED_ON = /^(connection|keep-alive|proxy-connection|te|trailer|upgrade|mf-.*|cf-.*)$/i

/**
 * The one door of a local start: what the edge answers, and nothing else that the development runtime would. It stays open while the
 * edge starts again.
 * @param target port of the edge on loopback; undefined while it is away
 * @param now the clock, in ms
 * @throws Error that names the port, where something else has it
 */
export async function startFrontDoor(
  { host, port }: { host: string; port: number },
  target: () => number | undefined,
  now: () => number = Date.now,
) {
  const agent = new Agent({ keepAlive: true })
  const load = new Load(now)
  const inside = places({
    capacity: () => load.places(),
    atOnce: BURST,
    maxWaitMs: 0,
    longestMs: LONGEST_MS,
    whenFull: () => load.refused(),
    now,
  })
  const server = createServer((incoming, answer) => {
    if (mayEnter(inside, load, incoming, answer)) pass(incoming, answer, agent, target())
  })
  server.on('clientError', malformed)
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new Error(`port ${port} of ${host} cannot be listened on: ${code}`, { cause })
  }
  const bound = (server.address() as AddressInfo).port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    stop: async () => {
      server.close()
      server.closeAllConnections()
      agent.destroy()
      await once(server, 'close')
    },
  }
}

/**
 * The runtime has proxies of its own before the edge, in which work would wait where nobody counts it: what the edge would refuse is
 * refused here, by the same rule.
 */
function mayEnter(inside: Places, load: Load, incoming: IncomingMessage, answer: ServerResponse): boolean {
  if (incoming.method !== 'POST' || !incoming.url?.startsWith('/v1/screenings')) return true
  try {
    const visit = inside.enter({ account: incoming.headers.authorization ?? '', mode: 'live' })
    answer.once('close', () => {
      visit.leave()
      load.answered()
    })
    incoming.once('end', visit.arrived)
    return true
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    incoming.resume() // a caller that is cut off while it sends would not read why
    refuse(answer, error.code, error.detail)
    return false
  }
}

function pass(
  incoming: IncomingMessage,
  answer: ServerResponse,
  agent: Agent,
  port: number | undefined,
): void {
  // As the runtime will read it: dots and backslashes are resolved here, so that both mean the same path.
  const url = URL.parse(incoming.url ?? '', 'http://edge')
  if (!url) refuse(answer, 'request-invalid', 'the address is no path')
  else if (RUNTIME_PATHS.test(url.pathname)) refuse(answer, 'not-found', `${incoming.method} ${url.pathname}`)
  else if (port === undefined) refuse(answer, 'overloaded', 'the edge is starting; try again shortly')
  else passOn(incoming, answer, { agent, host: '127.0.0.1', port, path: url.pathname + url.search })
}

function passOn(incoming: IncomingMessage, answer: ServerResponse, to: RequestOptions): void {
  const outgoing = request({ ...to, method: incoming.method, headers: passedOn(incoming.rawHeaders) })
  outgoing.on('response', (response) => {
    answer.writeHead(response.statusCode!, response.statusMessage, passedOn(response.rawHeaders))
    response.pipe(answer)
    response.once('end', () => {
      if (outgoing.writableEnded) return
      incoming.unpipe(outgoing).resume() // an early refusal: nobody wants the rest of the body
      outgoing.destroy()
    })
    response.once('error', () => answer.destroy())
  })
  outgoing.on('error', () => refuse(answer, 'overloaded', 'the edge is starting again; try again shortly'))
  answer.once('close', () => {
    if (!answer.writableFinished) outgoing.destroy() // the caller has gone away
  })
  incoming.pipe(outgoing)
}

function refuse(answer: ServerResponse, code: ProblemCode, detail: string): void {
  if (answer.headersSent) {
    answer.destroy()
    return
  }
  const { status, headers, body } = problem(code, detail)
  answer.writeHead(status, headers).end(body)
}

/** Name, value, name, value … as they came, so that repeated fields stay apart. */
function passedOn(raw: readonly string[]): string[] {
  const named = new Set<string>()
  for (let i = 0; i < raw.length; i += 2)
    if (raw[i]!.toLowerCase() === 'connection')
      for (const name of raw[i + 1]!.split(',')) named.add(name.trim().toLowerCase())
  return raw.flatMap((name, i) =>
    i % 2 === 1 || NOT_PASSED_ON.test(name) || named.has(name.toLowerCase()) ? [] : [name, raw[i + 1]!],
  )
}

/** What is no HTTP, as a chunk that is none. */
function malformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const { status, headers, body } = problem('request-invalid', 'the request is not well-formed HTTP')
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} Bad Request\r\nconnection: close\r\n${lines.join('')}\r\n${body}`)
}

function problem(code: ProblemCode, detail: string) {
  const body = JSON.stringify(problemDetails(code, detail))
  const { status } = PROBLEMS[code]
  const headers = {
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
    ...(code === 'overloaded' && { 'retry-after': '1' }),
  }
  return { status, headers, body }
}
