import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { healthSchema } from '@detl/core/api/health'
import { screeningSchema } from '@detl/core/api/screening'
import { DEFAULT_MODEL } from '@detl/core/model/default-model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DetlProcess, detl } from '../support/detl-process.ts'
import { freePort } from '../support/free-port.ts'
import { chestPng } from '../support/images.ts'
import { startIssuer } from '../support/issuer.ts'
import { writeModel } from '../support/model-folder.ts'
import { childOf, childrenOf, noProc } from '../support/processes.ts'

const START_MS = 180_000 // some seconds; more where the machine has other work
const folder = mkdtempSync(join(tmpdir(), 'detl-serve-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('detl serve all', () => {
  const state = join(folder, 'state')
  let server: DetlProcess
  let port: number
  let url: string
  let key: string
  let issuer: Awaited<ReturnType<typeof startIssuer>>
  beforeAll(async () => {
    port = await freePort()
    const gpuPort = await freePort()
    issuer = await startIssuer()
    server = detl(['serve', 'all', '--port', String(port), '--gpu-port', String(gpuPort), '--state', state], {
      OIDC_ISSUER: issuer.url,
      OIDC_AUDIENCE: 'detl',
      OIDC_JWKS_URL: `${issuer.url}/jwks`,
    })
    key = (await server.line(/Demo API key +(\S+)/))[1]!
    await server.line(/Stop +Ctrl-C/)
    url = `http://127.0.0.1:${port}`
  }, START_MS)
  afterAll(async () => {
    expect(await server.stop('SIGTERM')).toBe(0)
    await issuer.stop()
  })

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

  it('takes JSON Web Tokens of the issuer that its environment names', async () => {
    const ask = async (claims: Record<string, unknown>) => {
      const token = await issuer.token({ detl_account: 'demo', scope: 'usage:read', ...claims })
      return fetch(`${url}/v1/usage`, { headers: { authorization: `Bearer ${token}` } })
    }
    expect((await ask({})).status).toBe(200)
    const refused = await ask({ iss: 'https://issuer.example.org' })
    expect([refused.status, await refused.json()]).toMatchObject([401, { type: '/problems/token-invalid' }])
  })

  it('does not start where only some of the settings for tokens are there', async () => {
    const half = detl(['serve', 'edge', '--port', String(await freePort())], { OIDC_ISSUER: issuer.url })
    expect(await half.exit).toBe(1)
    expect(half.output()).toContain(
      'OIDC_ISSUER, OIDC_AUDIENCE, OIDC_JWKS_URL are set together or not at all',
    )
  }, 30_000)

  it('keeps a second start out of its state', async () => {
    const second = detl(['serve', 'edge', '--port', String(await freePort()), '--state', state])
    expect(await second.exit).toBe(1)
    expect(second.output()).toContain(`another start works on ${state}: `)
  }, 30_000)

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

  it.skipIf(noProc)(
    `starts a part again that dies, and says so${noProc ? ` (${noProc})` : ''}`,
    async () => {
      process.kill(childOf(childOf(server.pid, 'edge-main'), 'workerd'), 'SIGKILL')
      process.kill(childOf(server.pid, 'gpu-function'), 'SIGKILL')
      await server.line(/The GPU function ended \(SIGKILL\)[\s\S]*The GPU function runs again/)
      await server.line(/The edge ended[\s\S]*The edge runs again/)
      await expect.poll(async () => (await screen()).status, { interval: 500 }).toBe(200)
    },
    START_MS,
  )

  it.skipIf(noProc)(
    `leaves no Worker behind when the edge’s process is killed${noProc ? ` (${noProc})` : ''}`,
    async () => {
      const edge = childOf(server.pid, 'edge-main')
      const workers = childrenOf(edge, 'workerd')
      expect(workers.length).toBeGreaterThanOrEqual(3)
      process.kill(edge, 'SIGKILL')
      await expect.poll(() => workers.filter(alive)).toEqual([])
      await server.line(/The edge ended \(SIGKILL\)[\s\S]*The edge runs again/)
    },
    START_MS,
  )
})

const alive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe.skipIf(noProc)(`a server that npm started${noProc ? ` (${noProc})` : ''}`, () => {
  it.each([
    ['npm ends by SIGTERM', 'SIGTERM', ['npm']],
    ['npm is killed', 'SIGKILL', ['npm']],
    ['the terminal is closed', 'SIGHUP', ['npm', 'server']],
  ] as const)('ends with all its parts when %s', { timeout: START_MS }, async (_, signal, whom) => {
    const npm = spawn('npm', ['run', 'detl', '--', 'serve', 'gpu', '--port', String(await freePort())], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let text = ''
    npm.stdout.on('data', (chunk) => {
      text += chunk
    })
    await expect.poll(() => text, { timeout: START_MS - 60_000 }).toMatch(/^Signing key /m)
    const server = childOf(childOf(npm.pid!, 'serve'), 'serve')
    const parts = [server, childOf(server, 'gpu-function')]
    for (const who of whom) process.kill(who === 'npm' ? npm.pid! : server, signal)
    await expect.poll(() => parts.filter(alive)).toEqual([])
  })
})

describe('detl serve all --model FOLDER, a model outside the checkout', () => {
  const own = join(folder, 'a folder', 'of-another-name')
  let server: DetlProcess
  let ports: readonly string[]
  let url: string
  let key: string
  beforeAll(async () => {
    writeModel(own, { name: 'ours', version: '7' })
    const [port, gpuPort] = [await freePort(), await freePort()]
    url = `http://127.0.0.1:${port}`
    ports = ['--port', String(port), '--gpu-port', String(gpuPort)]
    server = detl(['serve', 'all', '--model', own, ...ports])
    key = (await server.line(/Demo API key +(\S+)/))[1]!
    await server.line(/Stop +Ctrl-C/)
  }, START_MS)
  afterAll(async () => void (await server?.stop('SIGTERM')))

  const health = async () => {
    const response = await fetch(`${url}/v1/health`)
    return { code: response.status, ...healthSchema.parse(await response.json()) }
  }
  const screen = async () => {
    const headers = { authorization: `Bearer ${key}` }
    const body = await chestPng(1, 128)
    const response = await fetch(`${url}/v1/screenings`, { method: 'POST', headers, body })
    expect(response.status).toBe(200)
    return screeningSchema.parse(await response.json())
  }

  it.skipIf(noProc)(
    `serves it at the endpoint, on the device and as fallback${noProc ? ` (${noProc})` : ''}`,
    async () => {
      const { code, status, model, parts } = await health()
      expect({ code, status }).toEqual({ code: 200, status: 'ok' })
      expect(model).toMatchObject({ name: 'ours', version: '7' })
      const runs = { sha256: model.onnx, precision: 'fp32' }
      expect(parts).toEqual(
        (['gpu', 'fallback', 'device'] as const).map((part) => ({ part, state: 'ok', model, runs })),
      )
      const served = await screen()
      expect(served).toMatchObject({ servedBy: 'gpu', model: { name: 'ours', version: '7' } })
      const onDevice = await fetch(`${url}/model/model.onnx`).then((response) => response.arrayBuffer())
      expect(createHash('sha256').update(Buffer.from(onDevice)).digest('hex')).toBe(model.onnx)

      const gpu = childOf(server.pid, 'gpu-function')
      process.kill(gpu, 'SIGSTOP')
      try {
        const fallback = await screen()
        expect(fallback.servedBy).toBe('edge')
        for (const [name, share] of Object.entries(served.probabilities))
          expect(fallback.probabilities[name as keyof typeof fallback.probabilities]).toBeCloseTo(share, 4)
        await expect.poll(async () => (await health()).status).toBe('degraded')
      } finally {
        process.kill(gpu, 'SIGCONT')
      }
    },
    90_000,
  )

  it('says in one line that a port is taken, before anything is built, and by which option to change it', async () => {
    for (const [index, option] of ['--port', '--gpu-port'].entries()) {
      const other = ['--port', String(await freePort()), '--gpu-port', String(await freePort())]
      other[other.indexOf(option) + 1] = ports[ports.indexOf(option) + 1]!
      const second = detl(['serve', 'all', ...other])
      expect(await second.exit, `case ${index}`).toBe(1)
      expect(second.output().trim().split('\n')).toEqual([
        `detl: request-invalid: port ${ports[ports.indexOf(option) + 1]} is in use by another program, maybe another start; choose another one with ${option} N`,
      ])
    }
  })

  it(
    'keeps its page and its model while another start builds another page',
    async () => {
      const other = ['--port', String(await freePort()), '--gpu-port', String(await freePort())]
      const second = detl(['serve', 'all', ...other])
      await second.line(/Stop +Ctrl-C/)
      try {
        const [first, latter] = await Promise.all(
          [url, `http://127.0.0.1:${other[1]}`].map(async (at) => {
            const page = await fetch(at).then((response) => response.text())
            const script = /src="(\/assets\/index-[^"]+)"/.exec(page)?.[1]
            const found = await fetch(at + script)
            const manifest = await fetch(`${at}/model/manifest.json`).then((response) => response.json())
            return { script: found.status, name: (manifest as { name: string }).name }
          }),
        )
        expect(first).toEqual({ script: 200, name: 'ours' })
        expect(latter).toEqual({ script: 200, name: DEFAULT_MODEL })
      } finally {
        await second.stop('SIGTERM')
      }
    },
    START_MS,
  )
})
