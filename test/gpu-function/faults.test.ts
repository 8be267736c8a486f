/** What goes wrong around a server: each is answered or survived. The server is a process of its own, as it is deployed. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { inferCall, KEYS_TEXT } from '../support/gpu-client.ts'
import { startServer } from '../support/gpu-process.ts'
import { modelsFolder } from '../support/model-folder.ts'

const models = modelsFolder()
models.add()
/** Some milliseconds a row: long enough to be interrupted. */
models.add({ name: 'slow', network: { size: 96, filters: [64, 96], dense: [16], seed: 1 } })
afterAll(() => models.remove())

const running: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop()
})
async function start(env: Record<string, string> = {}) {
  const server = await startServer(models.root, {
    DETL_THREADS: '1',
    DETL_MODELS_POLL_MS: '0',
    DETL_MAX_BATCH: '2',
    ...env,
  })
  running.push(server)
  return server
}

const image = new Uint8Array(32 * 32).fill(9)
const slowImage = new Uint8Array(96 * 96).fill(9)
const slowCall = () =>
  inferCall({ image: slowImage, size: 96, path: '/v2/models/slow/infer', outputs: ['probabilities'] })
const ask = async (url: string, call = inferCall({ image })) => {
  const { path, init } = await call
  return fetch(url + path, init).then(
    (response) => response.status,
    () => 'no answer',
  )
}
async function metric(url: string, name: string): Promise<number> {
  const lines = (await (await fetch(`${url}/metrics`)).text()).split('\n')
  return Number(
    lines
      .find((line) => line.startsWith(`detl_gpu_${name} `))
      ?.split(' ')
      .at(-1) ?? 0,
  )
}
/** Until some work for the slow model is in the queue. */
async function waiting(url: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++)
    if ((await metric(url, 'queue_rows{model="slow",version="1"}')) > 1) return
  throw new Error('nothing ever waited')
}
/** A signed call as bytes on the wire. */
async function raw(): Promise<Buffer> {
  const { path, init } = await inferCall({ image })
  const lines = Object.entries({ host: 'x', 'content-length': init.body.length, ...init.headers })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${head}\r\n`), init.body])
}
const socketTo = async (port: number): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined) // a reset is one of the accepted ends
  await once(socket, 'connect')
  return socket
}
const closed = (socket: Socket) => (socket.destroyed ? Promise.resolve() : once(socket, 'close'))

describe('clients', () => {
  it('that send half a body and leave, or stay and say no more, harm no one else', async () => {
    const server = await start({ DETL_REQUEST_TIMEOUT_MS: '500' })
    const call = await raw()
    const gone = await socketTo(server.port)
    gone.write(call.subarray(0, call.length - 500))
    gone.destroy()
    const silent = await socketTo(server.port)
    const answer: Buffer[] = []
    silent.on('data', (chunk: Buffer) => answer.push(chunk))
    silent.write((await raw()).subarray(0, call.length - 500))
    const slow = await socketTo(server.port)
    slow.on('data', () => undefined)
    const bytes = await raw()
    let at = 0
    const trickle = setInterval(() => slow.write(bytes.subarray(at, ++at)), 5)
    expect(await ask(server.url)).toBe(200)
    await Promise.all([closed(silent), closed(slow)])
    clearInterval(trickle)
    expect(Buffer.concat(answer).toString()).toContain('408')
    expect(await ask(server.url)).toBe(200)
  })

  it('that speak no HTTP get 400', async () => {
    const server = await start()
    const socket = await socketTo(server.port)
    const answer: Buffer[] = []
    socket.on('data', (chunk: Buffer) => answer.push(chunk))
    socket.write(Buffer.alloc(1000, 0xff))
    await closed(socket)
    expect(Buffer.concat(answer).toString()).toContain('400')
    expect(await ask(server.url)).toBe(200)
  })

  const descriptors = Number(spawnSync('sh', ['-c', 'ulimit -n']).stdout.toString())
  it.skipIf(descriptors < 11_000)('that hold 10,000 connections open leave room for a call', async () => {
    const server = await start()
    const sockets: Socket[] = []
    for (let i = 0; i < 20; i++)
      sockets.push(...(await Promise.all(Array.from({ length: 500 }, () => socketTo(server.port)))))
    expect(sockets.filter((socket) => !socket.destroyed)).toHaveLength(10_000)
    expect(await ask(server.url)).toBe(200)
    for (const socket of sockets) socket.destroy()
    expect(await ask(server.url)).toBe(200)
  })

  it('that leave before their answer cost no run', async () => {
    const server = await start()
    const leaving = new AbortController()
    const calls = Array.from({ length: 40 }, async () => {
      const { path, init } = await slowCall()
      return fetch(server.url + path, { ...init, signal: leaving.signal }).catch(() => 'left')
    })
    await waiting(server.url)
    leaving.abort()
    await Promise.all(calls)
    expect(await ask(server.url)).toBe(200)
    expect(
      await metric(server.url, 'dropped_total{model="slow",version="1",reason="cancelled"}'),
    ).toBeGreaterThan(0)
  })

  it('whose deadline cannot be met are told so before anything is run', async () => {
    const server = await start()
    const { path, init } = await inferCall({ image, headers: { 'request-timeout-ms': '0' } })
    const response = await fetch(server.url + path, init)
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      504,
      'deadline-exceeded',
    ])
    const odd = await inferCall({ image, headers: { 'request-timeout-ms': 'soon' } })
    expect((await fetch(server.url + odd.path, odd.init)).status).toBe(400)
  })
})

describe('the process', () => {
  it('killed while loaded answers no one for ever, and is back with the next start', async () => {
    const first = await start()
    const calls = Array.from({ length: 40 }, () => ask(first.url, slowCall()))
    await waiting(first.url)
    first.child.kill('SIGKILL')
    const outcomes = await Promise.all(calls)
    for (const outcome of outcomes) expect([200, 503, 'no answer']).toContain(outcome)
    expect(outcomes).toContain('no answer')
    const second = await start({ PORT: String(first.port) })
    expect(await ask(second.url)).toBe(200)
  })

  it('told to stop answers what it accepted, says that it goes, and ends with 0', async () => {
    const server = await start({ DETL_DRAIN_GRACE_MS: '1000', DETL_MAX_WAIT_MS: '60000' })
    const calls = Array.from({ length: 40 }, () => ask(server.url, slowCall()))
    await waiting(server.url)
    server.child.kill('SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect((await fetch(`${server.url}/v2/health/ready`)).status).toBe(503)
    expect((await fetch(`${server.url}/v2/health/live`)).status).toBe(200)
    expect((await fetch(`${server.url}/ping`)).status).toBe(503)
    const exit = once(server.child, 'exit')
    expect(await Promise.all(calls)).toEqual(calls.map(() => 200))
    expect(await exit).toEqual([0, null])
    expect(await ask(server.url)).toBe('no answer')
  })

  const main = fileURLToPath(import.meta.resolve('@detl/gpu-function/main'))
  const run = (env: Record<string, string>, ...args: string[]) => {
    const { PATH = '' } = process.env
    const result = spawnSync(process.execPath, [main, '--port', '0', ...args], {
      env: { PATH, ...env },
      timeout: 30_000,
    })
    return { status: result.status, output: `${result.stdout}${result.stderr}` }
  }

  it('refuses to start without keys', () => {
    const { status, output } = run({ MODELS_DIR: models.root })
    expect(status).toBe(2)
    expect(output).toContain('DETL_SIGNING_KEYS')
  })

  it('refuses to start with a damaged model', () => {
    const damaged = modelsFolder()
    appendFileSync(join(damaged.add(), 'model.onnx'), 'x')
    const { status, output } = run({ DETL_SIGNING_KEYS: KEYS_TEXT }, '--models', damaged.root)
    damaged.remove()
    expect(status).toBe(1)
    expect(output).toContain('sha256')
  })

  it('refuses to start on a CPU where a GPU is required', () => {
    const { status, output } = run(
      { DETL_SIGNING_KEYS: KEYS_TEXT, DETL_PROVIDER: 'cpu' },
      '--models',
      models.root,
      '--require',
      'gpu',
    )
    expect(status).toBe(1)
    expect(output).toContain('a GPU is required')
  })
})
