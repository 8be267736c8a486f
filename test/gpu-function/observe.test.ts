import { spawnSync } from 'node:child_process'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { inferCall } from '../support/gpu-client.ts'
import { gpuServer } from '../support/gpu-server.ts'

const lines: Record<string, unknown>[] = []
const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
const server = gpuServer({ logger } as Parameters<typeof gpuServer>[0])

const image = Uint8Array.from({ length: 32 * 32 }, (_, i) => 200 + (i % 50))
const call = async (headers: Record<string, string> = {}) => {
  const { path, init } = await inferCall({ image, headers })
  return server.fetch(path, init)
}
const samples = async () => {
  const text = await (await server.fetch('/metrics')).text()
  const value = (name: string) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')
        .at(-1),
    )
  return { text, value }
}

describe('an answer', () => {
  it('tells its phases in Server-Timing', async () => {
    const timing = (await call()).headers.get('server-timing') ?? ''
    const phases = timing.split(', ').map((entry) => entry.split(';')[0])
    expect(phases).toEqual(['verify', 'read', 'decode', 'queue', 'run', 'encode'])
    expect(timing).toMatch(/run;dur=\d+\.\d\d;desc="1 rows"/)
  })

  it('carries the trace on, with a span of its own', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
    const response = await call({ traceparent: `00-${traceId}-00f067aa0ba902b7-01` })
    expect(response.headers.get('traceparent')).toMatch(
      new RegExp(`^00-${traceId}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`),
    )
    expect(lines.at(-1)).toMatchObject({ traceId, parentId: '00f067aa0ba902b7' })
  })
})

describe('the log', () => {
  it('has one line a call: who, which model, how large, how long; no tensor, no signature', async () => {
    const before = lines.length
    await call()
    expect(lines).toHaveLength(before + 1)
    const line = lines.at(-1)!
    expect(line).toMatchObject({
      msg: 'infer',
      keyId: 'new',
      model: 'detl',
      version: '1',
      status: 200,
      rows: 1,
    })
    const text = JSON.stringify(line)
    expect(text).not.toContain('hmac')
    // The image is 200, 201, 202, …: neither its numbers nor its bytes.
    expect(text).not.toMatch(/200,201|data/)
    expect(text.length).toBeLessThan(700)
  })

  it('names the problem of a refused call', async () => {
    await server.fetch('/v2/models/detl/infer', { method: 'POST', body: '{}' })
    expect(lines.at(-1)).toMatchObject({ status: 401, code: 'signature-missing' })
  })

  it('says at the start what runs the model', () => {
    expect(lines.find(({ msg }) => msg === 'model loaded')).toMatchObject({ provider: 'cpu', model: 'detl' })
    expect(lines.find(({ msg }) => msg === 'ready')).toMatchObject({ provider: 'cpu', auth: 'signed' })
  })
})

describe('the metrics', () => {
  it('count calls by model and outcome, and never by a name that a caller made up', async () => {
    const before = await samples()
    await call()
    await server.fetch('/v2/models/made-up/infer', { method: 'POST' })
    const { path, init } = await inferCall({ image, path: '/v2/models/made-up/infer' })
    await server.fetch(path, init)
    const after = await samples()
    const ok = 'detl_gpu_requests_total{model="detl",code="ok"}'
    expect(after.value(ok)).toBe(before.value(ok) + 1)
    expect(after.value('detl_gpu_requests_total{model="",code="not-found"}')).toBe(1)
    expect(after.text).not.toContain('made-up')
  })

  it('show queue, batches, phases, provider, cold start and memory', async () => {
    await call()
    const { text, value } = await samples()
    expect(value('detl_gpu_queue_rows{model="detl",version="1"}')).toBe(0)
    expect(value('detl_gpu_batch_rows_count{model="detl",version="1"}')).toBeGreaterThan(0)
    expect(value('detl_gpu_phase_duration_seconds_count{phase="run"}')).toBeGreaterThan(0)
    expect(value('detl_gpu_cold_start_seconds{phase="total"}')).toBeGreaterThan(0)
    expect(value('detl_gpu_resident_memory_bytes')).toBeGreaterThan(2 ** 20)
    expect(text).toMatch(
      /detl_gpu_model_info\{model="detl",version="1",provider="cpu",adapter="[^"]+",runtime="onnxruntime-node [\d.]+",precision="fp32",sha256="[0-9a-f]{64}"\} 1/,
    )
  })

  const promtool = spawnSync('promtool', ['--version']).status === 0
  it.skipIf(!promtool)('pass promtool check metrics (Debian package prometheus)', async () => {
    const { text } = await samples()
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text })
    expect(`${stdout}${stderr}`).toBe('')
    expect(status).toBe(0)
  })
})
