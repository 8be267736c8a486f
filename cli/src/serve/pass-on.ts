import {
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request,
  type ServerResponse,
} from 'node:http'
import { PROBLEMS, type ProblemCode } from '@detl/core/api/problem'
import { problemDetails } from '@detl/core/api/problem-schema'

/** A request and its answer. */
export type Exchange = {
  readonly incoming: IncomingMessage
  readonly answer: ServerResponse
  /** Called when all is said, which may be before the request has come whole. */
  readonly answered?: () => void
}

/** Of one connection alone (RFC 9110, section 7.6.1), and what steers the runtime. */
const NOT_PASSED_ON = /^(connection|keep-alive|proxy-connection|te|trailer|upgrade|mf-.*|cf-.*)$/i
const STARTING = 'the edge is starting again; try again shortly'
const BROKE_OFF = 'the request broke off inside before it was answered; try again shortly'
/** A caller that still sends is listened to for so long after its answer. */
const LINGER_MS = 3000
/** An answer that comes before its request has come whole is a refusal, which is small. */
const MAX_EARLY_BYTES = 2 ** 20

/** Has a request answered by what listens at an address of this machine. */
export function passOn(exchange: Exchange, to: RequestOptions): void {
  const { incoming, answer } = exchange
  const headers = passedOn(incoming.rawHeaders)
  // HTTP/1.0 knows requests without; what is sent on is HTTP/1.1.
  if (incoming.headers.host === undefined) headers.push('host', 'localhost')
  const outgoing = request({ ...to, method: incoming.method, headers })
  const upload = send(incoming, outgoing)
  outgoing.on('response', (response) => {
    if (upload.stop()) {
      void passEarly(exchange, response).finally(() => outgoing.destroy())
      return
    }
    if (isOfRuntime(response)) {
      response.resume()
      refuse(exchange, 'overloaded', BROKE_OFF)
      return
    }
    answer.writeHead(response.statusCode!, response.statusMessage, passedOn(response.rawHeaders))
    response.pipe(answer)
    response.once('error', () => answer.destroy())
  })
  outgoing.on('error', ({ code }: NodeJS.ErrnoException) => {
    upload.stop()
    refuse(exchange, 'overloaded', code === 'ECONNREFUSED' ? STARTING : BROKE_OFF)
  })
  answer.once('close', () => {
    if (!answer.writableFinished) outgoing.destroy() // the caller has gone away
  })
}

/** The edge's failures are problems; what is none is of the runtime before it. */
const isOfRuntime = ({ statusCode, headers }: IncomingMessage): boolean =>
  statusCode! >= 500 && !/json/.test(headers['content-type'] ?? '')

/**
 * Sends the body on until there is an answer: an early one is a refusal, and nobody wants the rest. The runtime closes a connection on which
 * more comes then, and a write to such a one would end it with the answer unread: so each write comes after a look at what was received.
 */
function send(incoming: IncomingMessage, outgoing: ClientRequest) {
  let stopped = false
  const go = () => {
    if (!stopped) incoming.resume()
  }
  incoming.on('data', (piece: Buffer) => {
    if (stopped) return
    incoming.pause()
    setImmediate(() => {
      if (stopped) return
      if (outgoing.write(piece)) go()
      else outgoing.once('drain', go)
    })
  })
  incoming.once('end', () => setImmediate(() => stopped || outgoing.end()))
  return {
    /** @returns whether there was more to send */
    stop: (): boolean => {
      stopped = true
      return !outgoing.writableEnded
    },
  }
}

async function passEarly(exchange: Exchange, response: IncomingMessage): Promise<void> {
  const body: Buffer[] = []
  let length = 0
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      body.push(piece)
      length += piece.length
      if (length > MAX_EARLY_BYTES) throw new Error('an early answer is larger than refusals are')
    }
  } catch {
    refuse(exchange, 'overloaded', BROKE_OFF)
    return
  }
  if (isOfRuntime(response)) {
    refuse(exchange, 'overloaded', BROKE_OFF)
    return
  }
  const headers = passedOn(response.rawHeaders, /^(transfer-encoding|content-length)$/i)
  answerEarly(exchange, response.statusCode!, headers, Buffer.concat(body))
}

/** A problem of this door's own. */
export function refuse(exchange: Exchange, code: ProblemCode, detail: string): void {
  const { answer } = exchange
  if (answer.headersSent) {
    answer.destroy()
    return
  }
  const { status, headers, body } = problem(code, detail)
  answerEarly(exchange, status, Object.entries(headers).flat(), Buffer.from(body))
}

/**
 * Answers, though more of the request may still come, and reads on for a while: a caller whose connection is closed while it sends
 * would not read why (RFC 9112, section 9.6).
 */
function answerEarly(
  { incoming, answer, answered }: Exchange,
  status: number,
  headers: readonly string[],
  body: Buffer,
): void {
  answer.writeHead(status, [...headers, 'content-length', String(body.length)])
  answered?.()
  if (incoming.complete) {
    answer.end(body)
    return
  }
  answer.write(body)
  const end = () => {
    clearTimeout(timer)
    answer.end()
    if (!incoming.complete) incoming.socket.destroySoon()
  }
  const timer = setTimeout(end, LINGER_MS)
  incoming.once('close', end).once('end', end).resume()
}

/** Name, value, name, value … as they came, so that repeated fields stay apart. @param but further names that are left out */
function passedOn(raw: readonly string[], but = /^$/): string[] {
  const named = new Set<string>()
  for (let i = 0; i < raw.length; i += 2)
    if (raw[i]!.toLowerCase() === 'connection')
      for (const name of raw[i + 1]!.split(',')) named.add(name.trim().toLowerCase())
  return raw.flatMap((name, i) =>
    i % 2 === 1 || NOT_PASSED_ON.test(name) || but.test(name) || named.has(name.toLowerCase())
      ? []
      : [name, raw[i + 1]!],
  )
}

/** A problem as it is sent. */
export function problem(code: ProblemCode, detail: string) {
  const body = JSON.stringify(problemDetails(code, detail))
  const { status } = PROBLEMS[code]
  const headers = {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...(code === 'overloaded' && { 'retry-after': '1' }),
  }
  return { status, headers, body }
}
