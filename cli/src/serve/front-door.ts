import { once } from 'node:events'
import { Agent, createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { AppError } from '@detl/core/api/problem'
import { type Places, places } from '@detl/core/places/places'
import { hostObjection } from './host-field.ts'
import { BURST, Load } from './load.ts'
import { type Exchange, passOn, problem, refuse } from './pass-on.ts'

/** Paths at which the development runtime, not the edge, would answer: an explorer of the storage, triggers, traces. */
const RUNTIME_PATHS = /^\/(cdn-cgi|__cf_local)(\/|$)/i
const LONGEST_MS = 60_000

/**
 * The one door of a local start: what the edge answers, and nothing else that the development runtime would. It stays open while the
 * edge starts again.
 * @param target port of the edge on loopback; undefined while it is away
 * @param now a clock that nobody sets, in ms
 * @throws Error that names the port, where something else has it
 */
export async function startFrontDoor(
  { host, port }: { host: string; port: number },
  target: () => number | undefined,
  now: () => number = () => performance.now(),
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
  // A request without Host is refused below, with a body that says so.
  const server = createServer({ requireHostHeader: false }, (incoming, answer) => {
    const exchange = { incoming, answer }
    const leave = enter(inside, load, exchange)
    if (leave) pass({ ...exchange, answered: leave }, agent, target())
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
function enter(inside: Places, load: Load, exchange: Exchange): (() => void) | undefined {
  const { incoming, answer } = exchange
  if (incoming.method !== 'POST' || !incoming.url?.startsWith('/v1/screenings')) return () => undefined
  try {
    const visit = inside.enter({ account: incoming.headers.authorization ?? '', mode: 'live' })
    let left = false
    const leave = () => {
      if (left) return
      left = true
      visit.leave()
      load.answered()
    }
    answer.once('close', leave)
    incoming.once('end', visit.arrived)
    return leave
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    refuse(exchange, error.code, error.detail)
    return undefined
  }
}

function pass(exchange: Exchange, agent: Agent, port: number | undefined): void {
  const { method, url: target } = exchange.incoming
  const objection = hostObjection(exchange.incoming)
  // As the runtime will read it: dots and backslashes are resolved here, so that both mean the same path.
  const url = URL.parse(target ?? '', 'http://edge')
  if (objection !== undefined) refuse(exchange, 'request-invalid', objection)
  else if (!url) refuse(exchange, 'request-invalid', 'the address is no path')
  else if (RUNTIME_PATHS.test(url.pathname)) refuse(exchange, 'not-found', `${method} ${url.pathname}`)
  else if (port === undefined) refuse(exchange, 'overloaded', 'the edge is starting; try again shortly')
  else passOn(exchange, { agent, host: '127.0.0.1', port, path: url.pathname + url.search })
}

/** What is no HTTP, as a chunk that is none. */
function malformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const { status, headers, body } = problem('request-invalid', 'the request is not well-formed HTTP')
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(
    `HTTP/1.1 ${status} Bad Request\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${lines.join('')}\r\n${body}`,
  )
}
