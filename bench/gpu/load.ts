/**
 * A caller of the GPU function in a process of its own: its work must not stand in the server's way within one event loop.
 * Calls are signed before the clock starts. stdin: one LoadPlan as JSON; stdout: one LoadResult as JSON.
 */
import net from 'node:net'
import { inferCall } from '../../test/support/gpu-client.ts'

export type LoadPlan = {
  url: string
  size: number
  calls: number
  outputs: string[]
  /** Calls under way at once (closed loop), or calls a second (open loop): evenly, or with exponential gaps, a Poisson stream. */
  pace: { concurrency: number } | { perSecond: number; arrivals: 'even' | 'poisson' }
  deadlineMs?: number
}
export type LoadResult = {
  seconds: number
  /** One row a call, in order of the answers. */
  calls: {
    /** When it was due, ms from the start. */
    at: number
    status: number
    ms: number
    runMs: number
    queueMs: number
    batchRows: number
    retryAfterS: number
  }[]
}

async function load(plan: LoadPlan): Promise<LoadResult> {
  const image = Uint8Array.from({ length: plan.size ** 2 }, (_, i) => (i * 31) % 256)
  const headers = plan.deadlineMs === undefined ? {} : { 'request-timeout-ms': String(plan.deadlineMs) }
  const signed = await Promise.all(
    Array.from({ length: plan.calls }, () =>
      inferCall({ image, size: plan.size, outputs: plan.outputs, headers }),
    ),
  )
  const { hostname, port } = new URL(plan.url)
  const requests = signed.map(({ path, init }) => {
    const head = Object.entries({ host: hostname, 'content-length': init.body.length, ...init.headers })
    const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines}\r\n`), init.body])
  })
  const idle: Connection[] = []
  const calls: LoadResult['calls'] = []
  const one = async (index: number) => {
    const connection = idle.pop() ?? new Connection(hostname, Number(port))
    const begin = performance.now()
    const { status, timing, retryAfterS, open, at } = await connection.send(requests[index]!)
    const ms = at - begin
    const dur = (phase: string) => Number(new RegExp(`${phase};dur=([\\d.]+)`).exec(timing)?.[1] ?? 0)
    const batchRows = Number(/desc="(\d+) rows"/.exec(timing)?.[1] ?? 0)
    calls.push({
      at: begin - started,
      status,
      ms,
      runMs: dur('run'),
      queueMs: dur('queue'),
      batchRows,
      retryAfterS,
    })
    if (open) idle.push(connection)
  }
  const started = performance.now()
  let next = 0
  if ('concurrency' in plan.pace) {
    const caller = async () => {
      while (next < plan.calls) await one(next++)
    }
    await Promise.all(Array.from({ length: plan.pace.concurrency }, caller))
  } else {
    const under: Promise<void>[] = []
    let at = performance.now()
    while (next < plan.calls) {
      const gap = plan.pace.arrivals === 'even' ? 1 : -Math.log(1 - Math.random())
      at += (gap * 1000) / plan.pace.perSecond
      const wait = at - performance.now()
      if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait))
      under.push(one(next++))
    }
    await Promise.all(under)
  }
  for (const connection of idle) connection.close()
  return { seconds: (performance.now() - started) / 1000, calls }
}

/** `at`: when its last byte was here; what this client does with it then is no time of the server's. */
type Answer = { status: number; timing: string; retryAfterS: number; open: boolean; at: number }

/** One kept-alive connection, one call at a time: as little work a call as there can be, so that the server is what is measured. */
class Connection {
  readonly #socket: net.Socket
  #received: Buffer = Buffer.alloc(0)
  #settle: ((answer: Answer) => void) | undefined

  constructor(host: string, port: number) {
    this.#socket = net.connect(port, host).setNoDelay()
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk))
    for (const event of ['error', 'close'])
      this.#socket.on(event, () =>
        this.#done({ status: 0, timing: '', retryAfterS: 0, open: false, at: performance.now() }),
      )
  }

  send(request: Buffer): Promise<Answer> {
    return new Promise((resolve) => {
      this.#settle = resolve
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    const at = performance.now()
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    const end = this.#received.indexOf('\r\n\r\n')
    if (end < 0) return
    const head = this.#received.toString('latin1', 0, end)
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1])
    if (!(this.#received.length >= end + 4 + length)) return
    this.#received = this.#received.subarray(end + 4 + length)
    const timing = /server-timing: (.*)/i.exec(head)?.[1] ?? ''
    const retryAfterS = Number(/retry-after: (\d+)/i.exec(head)?.[1] ?? 0)
    this.#done({
      status: Number(head.slice(9, 12)),
      timing,
      retryAfterS,
      open: !/connection: close/i.test(head),
      at,
    })
  }

  #done(answer: Answer): void {
    this.#settle?.(answer)
    this.#settle = undefined
  }
}

if (import.meta.main) {
  let text = ''
  for await (const chunk of process.stdin) text += chunk
  process.stdout.write(JSON.stringify(await load(JSON.parse(text) as LoadPlan)))
}
