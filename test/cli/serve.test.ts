import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DetlProcess, detl } from '../support/detl-process.ts'
import { freePort } from '../support/free-port.ts'
import { chestPng } from '../support/images.ts'

const START_MS = 180_000 // some seconds; more where the machine has other work
const folder = mkdtempSync(join(tmpdir(), 'detl-serve-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('detl serve all', () => {
  const state = join(folder, 'state')
  let server: DetlProcess
  let port: number
  let url: string
  let key: string
  beforeAll(async () => {
    port = await freePort()
    const gpuPort = await freePort()
    server = detl(['serve', 'all', '--port', String(port), '--gpu-port', String(gpuPort), '--state', state])
    key = (await server.line(/Demo API key +(\S+)/))[1]!
    await server.line(/Stop +Ctrl-C/)
    url = `http://127.0.0.1:${port}`
  }, START_MS)
  afterAll(async () => {
    expect(await server.stop('SIGTERM')).toBe(0)
  }, 30_000)

  const screen = async () =>
    fetch(`${url}/v1/screenings`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: await chestPng(1, 128),
    })
  /** Sends bytes as they are, and hangs up or reads the answer. */
  async function raw(lines: readonly string[], then: 'hang up' | 'read'): Promise<string> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(lines.join('\r\n'))
    if (then === 'hang up') {
      await new Promise((resolve) => setTimeout(resolve, 100))
      socket.destroy()
      return ''
    }
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    await once(socket, 'close')
    return Buffer.concat(chunks).toString()
  }
  const post = (path: string) => [`POST ${path} HTTP/1.1`, 'Host: edge', `Authorization: Bearer ${key}`]

  it.each([
    '/cdn-cgi/explorer',
    '/cdn-cgi/local/explorer/api',
    '/cdn-cgi/local/explorer/api/local/observability/query',
    '/cdn-cgi/local/scheduled',
    '/cdn-cgi/local/email',
    '/cdn-cgi/local/platform-proxy',
    '/cdn-cgi/handler/scheduled',
    '/cdn-cgi/mf/scheduled',
    '/CDN-CGI/local/explorer',
    '/x/..\\cdn-cgi/local/explorer/api',
    '/__cf_local/stream',
  ])('has nothing of the development runtime at %s', async (path) => {
    const answer = await raw([`GET ${path} HTTP/1.1`, 'Host: edge', 'Connection: close', '', ''], 'read')
    expect(answer).toMatch(/^HTTP\/1.1 404 .*\/problems\/not-found/s)
  })

  it('keeps accounts in its state, and no traces', async () => {
    expect((await screen()).status).toBe(200)
    const below = (dir: string): string[] =>
      readdirSync(dir).flatMap((name) => {
        const path = join(dir, name)
        return statSync(path).isDirectory() ? below(path) : [path.slice(state.length)]
      })
    const files = below(state)
    expect(files.some((file) => file.includes('detl-edge-Account'))).toBe(true)
    expect(files.filter((file) => /trace|observab|explorer/i.test(file))).toEqual([])
  })

  it('answers a malformed chunk with 400, and outlives callers that hang up', async () => {
    for (const path of ['/v1/screenings', '/v1/keys']) {
      const body = [...post(path), 'Transfer-Encoding: chunked', '', '5', 'hello', 'ZZ', 'no chunk']
      expect(await raw(body, 'read')).toMatch(/^HTTP\/1.1 400 .*\/problems\/request-invalid/s)
    }
    for (let i = 0; i < 3; i++)
      await raw([...post('/v1/screenings'), 'Content-Length: 5000', '', 'abc'], 'hang up')
    const outcomes = async () => {
      const response = await fetch(`${url}/v1/usage`, { headers: { authorization: `Bearer ${key}` } })
      const { usage } = (await response.json()) as { usage: { outcome: string }[] }
      return usage.map(({ outcome }) => outcome)
    }
    await expect.poll(outcomes).toContain('upload-incomplete')
    expect(await outcomes()).not.toContain('internal')
    expect((await screen()).status).toBe(200)
  })

  it.skipIf(process.platform !== 'linux')(
    'starts a part again that dies, and says so (/proc tells its processes)',
    async () => {
      const children = (of: number) =>
        readdirSync('/proc')
          .filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/stat`))
          .map((name) => ({ pid: Number(name), stat: readFileSync(`/proc/${name}/stat`, 'utf8') }))
          .filter(({ stat }) => Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2]) === of)
          .map(({ pid }) => ({ pid, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }))
      const parts = children(server.pid)
      const edge = parts.find(({ command }) => command.includes('edge-main'))!
      const gpu = parts.find(({ command }) => command.includes('gpu-function'))!
      const worker = children(edge.pid).find(({ command }) => command.includes('workerd'))!
      process.kill(worker.pid, 'SIGKILL')
      process.kill(gpu.pid, 'SIGKILL')
      await server.line(/The GPU function ended \(SIGKILL\)[\s\S]*The GPU function runs again/)
      await server.line(/The edge ended[\s\S]*The edge runs again/)
      await expect.poll(async () => (await screen()).status, { timeout: 60_000, interval: 500 }).toBe(200)
    },
    START_MS,
  )
})

describe('secrets.json', () => {
  /** A start that gets as far as its secrets. */
  const start = async (state: string, env: Record<string, string> = {}) => {
    const run = detl(['serve', 'nothing', '--state', state], env)
    await run.exit
    return run.output()
  }
  const file = (state: string) => join(state, 'secrets.json')

  it('is its owner’s alone, and no start with other secrets changes it', async () => {
    const state = join(folder, 'kept')
    await start(state)
    const first = readFileSync(file(state), 'utf8')
    expect(statSync(file(state)).mode & 0o777).toBe(0o600)
    expect(readdirSync(state)).toEqual(['secrets.json'])
    expect(await start(state, { DETL_KEY_PEPPER: 'the pepper of one start' })).toContain('DETL_KEY_PEPPER')
    expect(readFileSync(file(state), 'utf8')).toBe(first)
  }, 60_000)

  it.each(['', '{"signingKey":'])(
    'that is %j is left alone, and it is said what to do',
    async (text) => {
      const state = mkdtempSync(join(folder, 'damaged-'))
      writeFileSync(file(state), text)
      const output = await start(state)
      expect(output).toMatch(/secrets\.json is (empty|damaged)\. Put it back from a backup/)
      expect(output).not.toContain('    at ')
      expect(readFileSync(file(state), 'utf8')).toBe(text)
    },
    60_000,
  )
})
