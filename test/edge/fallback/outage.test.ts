import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { screeningSchema } from '@detl/core/api/screening'
import { parseManifest } from '@detl/core/model/manifest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { edgeProcess, SECRETS } from '../../support/edge-process.ts'
import { freePort } from '../../support/free-port.ts'
import { startServer } from '../../support/gpu-process.ts'
import { SIGNING_KEY } from '../../support/gpu-stand-in.ts'
import { chestPng } from '../../support/images.ts'
import { expectSameSeverity } from '../../support/same-severity.ts'

const MODELS = fileURLToPath(new URL('../../../models/', import.meta.url))
/** The shipped model whose 8-bit file the edge runs. */
const MODEL = `${MODELS}detl-128/`
const noModel = existsSync(`${MODEL}model.onnx`) ? undefined : `no model in ${MODEL}`
const PAGE = fileURLToPath(new URL('../../../web/dist', import.meta.url))
const CALLERS = 4

describe.skipIf(noModel)('the edge when the GPU function is killed in the middle of a load', () => {
  let edge: Awaited<ReturnType<typeof edgeProcess>>
  let gpu: Awaited<ReturnType<typeof startServer>>
  let png: Uint8Array<ArrayBuffer>
  let pageDir: string
  const startGpu = (port: number) =>
    startServer(MODELS, { PORT: String(port), DETL_SIGNING_KEYS: SIGNING_KEY })

  beforeAll(async () => {
    png = await chestPng(1, 256)
    gpu = await startGpu(await freePort())
    const manifest = parseManifest(JSON.parse(readFileSync(`${MODEL}manifest.json`, 'utf8')))
    // The page as built, with this model beside it.
    pageDir = mkdtempSync(join(tmpdir(), 'detl-page-'))
    cpSync(PAGE, pageDir, { recursive: true })
    for (const file of ['manifest.json', ...Object.keys(manifest.files)])
      cpSync(MODEL + file, join(pageDir, 'model', file))
    // A busy test machine may be slow to answer: only an outage is to count here, not a delay.
    const vars = { FALLBACK: 'edge', FALLBACK_AFTER_MS: '30000', GPU_DEADLINE_MS: '30000' }
    edge = await edgeProcess({ manifest, gpuUrl: gpu.url, pageDir, vars })
  }, 180_000) // some seconds; more where the machine has other work
  afterAll(async () => {
    await edge?.stop()
    await gpu?.stop()
    rmSync(pageDir, { recursive: true, force: true })
  })

  async function screen(key = SECRETS.demoKey) {
    const response = await fetch(`${edge.url}/v1/screenings`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: png,
    })
    if (!response.ok)
      return {
        status: response.status,
        by: undefined,
        computedOn: undefined,
        probabilities: undefined,
        severity: undefined,
      }
    const { servedBy, computedOn, probabilities, severity } = screeningSchema.parse(await response.json())
    return { status: response.status, by: servedBy, computedOn, probabilities, severity }
  }

  it('answers every request, in 8-bit integers with nearly the same probabilities and severity, and returns to the GPU by itself', async () => {
    const answers: Awaited<ReturnType<typeof screen>>[] = []
    let going = true
    const callers = Array.from({ length: CALLERS }, async () => {
      while (going) answers.push(await screen())
    })
    const until = async (done: () => boolean) => {
      for (const limit = Date.now() + 60_000; !done(); ) {
        if (Date.now() > limit) throw new Error(`never came: ${answers.map(({ by }) => by).join(' ')}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    const since = (from: number) => answers.slice(from).map(({ by }) => by)

    await until(() => since(0).includes('gpu') && answers.length > 2 * CALLERS)
    gpu.child.kill('SIGKILL')
    const killed = answers.length
    await until(() => since(killed).filter((by) => by === 'edge').length > 3 * CALLERS)
    gpu = await startGpu(gpu.port)
    const returned = answers.length
    await until(() => since(returned).includes('gpu'))
    going = false
    await Promise.all(callers)

    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    const [onGpu, onEdge] = (['gpu', 'edge'] as const).map((by) => answers.find((one) => one.by === by)!)
    for (const [label, share] of Object.entries(onGpu!.probabilities!)) {
      const same = onEdge!.probabilities![label as keyof typeof onEdge.probabilities]
      expect(Math.abs(same - share)).toBeLessThan(0.02)
    }
    expect(onGpu!.computedOn).toMatchObject({ provider: 'cpu', precision: 'fp32' })
    expect(onEdge!.computedOn).toEqual({ provider: 'wasm', adapter: 'workerd', precision: 'int8' })
    expectSameSeverity(onGpu!.severity, onEdge!.severity)
  }, 180_000)

  it('answers 503 to an account that wants no answer from the edge', async () => {
    await edge.admin('PUT', '/accounts/strict', { name: 'strict', plan: { kind: 'quota', perMonth: 10 } })
    const { key } = await edge.admin<{ key: string }>('POST', '/accounts/strict/keys', {
      name: 'test',
      mode: 'test',
      scopes: ['screenings:write', 'account:write'],
    })
    const settings = { operatingPoint: 'balanced', prevalence: {}, fallback: 'fail' }
    await edge.admin('PUT', '/accounts/strict/account/settings', settings)
    await gpu.stop()
    expect((await screen(key)).status).toBe(503)
    expect((await screen()).by).toBe('edge')
  })
})
