import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { codecs } from '@detl/codecs/modules'
import { screeningSchema } from '@detl/core/api/screening'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { encodePng } from '@detl/core/image/png-encode'
import { takeIn } from '@detl/core/intake/intake'
import { DEFAULT_MODEL } from '@detl/core/model/default-model'
import { parseManifest } from '@detl/core/model/manifest'
import { phantom } from '@detl/core/phantom/phantom'
import { encodeTensorUpload } from '@detl/core/wire/tensor-upload'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DetlProcess, detl } from '../support/detl-process.ts'
import { freePort } from '../support/free-port.ts'

const KEY = 'detl_test_end-to-end'
const env = {
  DETL_SIGNING_KEY: `e2e:${Buffer.alloc(32, 7).toString('base64')}`,
  DETL_KEY_PEPPER: 'a pepper for this test only',
  DETL_DEMO_KEY: KEY,
}

/** The service as it is deployed: two processes that share a signing key, on the shipped model. */
/** The one line of JSON among what was printed; the summary stands beside it. */
const answerIn = (output: string) => JSON.parse(output.split('\n').find((line) => line.startsWith('{'))!)

describe('a screening through the edge and the GPU function', () => {
  let dir: string
  let gpu: DetlProcess
  let edge: DetlProcess
  let address: string
  let gpuPort: number
  let png: Uint8Array<ArrayBuffer>

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'detl-e2e-'))
    gpuPort = await freePort()
    const port = await freePort()
    gpu = detl(['serve', 'gpu', '--models', 'models', '--port', String(gpuPort)], env)
    edge = detl(
      ['serve', 'edge', '--port', String(port), '--gpu-port', String(gpuPort), '--fallback', 'fail'],
      env,
    )
    await Promise.all([gpu.line(/GPU function/), edge.line(/Page/)])
    address = `http://127.0.0.1:${port}/v1/screenings`
    const { image } = phantom({ seed: 7, width: 640, height: 600, lesions: ['consolidation'] })
    png = await encodePng({ ...image, data: image.data.map((v) => v << 4), channels: 1 })
    await writeFile(join(dir, 'phantom.png'), png)
  })

  afterAll(async () => {
    await Promise.all([gpu?.stop('SIGINT'), edge?.stop('SIGINT')])
    await rm(dir, { recursive: true })
  })

  const post = (
    body: Uint8Array<ArrayBuffer> | string | FormData | null,
    headers: Record<string, string> = {},
  ) => fetch(address, { method: 'POST', body, headers: { authorization: `Bearer ${KEY}`, ...headers } })

  it('answers scores that sum to 1, a label and a heat map for each class', async () => {
    const response = await post(png, { 'content-type': 'image/png' })
    const screening = screeningSchema.parse(await response.json())
    expect(response.status).toBe(200)
    expect(Object.values(screening.probabilities).reduce((a, b) => a + b)).toBeCloseTo(1, 5)
    expect(screening.probabilities[screening.label]).toBe(Math.max(...Object.values(screening.probabilities)))
    expect(screening.heatmaps.map((map) => map.class)).toEqual([
      'normal',
      'other_disease',
      'pneumonia',
      'covid19',
    ])
    for (const map of screening.heatmaps) expect(atob(map.data)).toHaveLength(map.width * map.height)
    expect(screening.servedBy).toBe('gpu')
  })

  it('gives the same probabilities as detl screen', async () => {
    const line = detl(['screen', join(dir, 'phantom.png'), '--json', '--out', join(dir, 'out')])
    expect(await line.exit).toBe(0)
    const { probabilities, label } = screeningSchema.parse(await (await post(png)).json())
    const screened = answerIn(line.output())
    expect(screened.label).toBe(label)
    for (const [name, p] of Object.entries(probabilities))
      expect(screened.probabilities[name]).toBeCloseTo(p, 6)
    expect([...(await readFile(join(dir, 'out', 'phantom.png.png'))).subarray(1, 4)]).toEqual([
      ...Buffer.from('PNG'),
    ])
  })

  it('takes the tensor in place of the image, and gives the same scores', async () => {
    const manifest = parseManifest(
      JSON.parse(await readFile(`models/${DEFAULT_MODEL}/manifest.json`, 'utf8')),
    )
    const gate = { mode: 'refuse', spec: manifest.gate } as const
    const taken = await takeIn(png, manifest.preprocess, gate, { limits: DEFAULT_LIMITS, codecs })
    const { headers, body } = encodeTensorUpload(taken, manifest.preprocess)
    const ofTensor = screeningSchema.parse(await (await post(body, headers)).json())
    const ofImage = screeningSchema.parse(await (await post(png)).json())
    expect(ofTensor.preprocessedBy).toBe('client')
    expect(ofTensor.probabilities).toEqual(ofImage.probabilities)
    expect(ofTensor.heatmaps).toEqual(ofImage.heatmaps)
    expect((await post(body, { ...headers, accept: 'image/png' })).status).toBe(406)
  })

  it('takes the image as a part of a form, and answers an overlay to who accepts image/png', async () => {
    const form = new FormData()
    form.append('image', new Blob([png]))
    const response = await post(form, { accept: 'image/png' })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('image/png')
    expect(
      Buffer.from(await response.arrayBuffer())
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG')
  })

  it.each([
    ['a wrong key', 401, () => post(png, { authorization: 'Bearer detl_test_wrong-key' })],
    ['no key', 401, () => post(png, { authorization: '' })],
    ['no body', 400, () => post(null)],
    ['a text file', 415, () => post('dear doctor, please find attached')],
    ['a truncated PNG', 422, () => post(png.slice(0, png.length >> 1))],
    ['a PNG header that claims 60,000 × 60,000', 413, () => post(hugeHeader(png))],
  ] as const)('answers %s with %i as problem+json, and goes on', async (_, status, call) => {
    const response = await call()
    const problem = await response.json()
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(problem).toMatchObject({ status, type: expect.stringMatching(/^\/problems\/[a-z-]+$/) })
    expect(response.status).toBe(status)
    expect((await post(png)).status).toBe(200)
  })

  it('serves the stronger model beside it, from the same GPU function', async () => {
    const port = await freePort()
    const beside = detl(
      [
        ...['serve', 'edge', '--port', String(port), '--gpu-port', String(gpuPort)],
        ...['--fallback', 'fail', '--model', 'mobilenet-v2-160'],
      ],
      env,
    )
    await beside.line(/Page/)
    const response = await fetch(`http://127.0.0.1:${port}/v1/screenings`, {
      method: 'POST',
      body: png,
      headers: { authorization: `Bearer ${KEY}` },
    })
    const screening = screeningSchema.parse(await response.json())
    await beside.stop('SIGINT')
    expect(screening.model).toMatchObject({ name: 'mobilenet-v2-160', preprocess: 'cxr-grey@2/160' })
    expect(screening.servedBy).toBe('gpu')
    for (const map of screening.heatmaps) expect([map.width, map.height]).toEqual([10, 10])
    const line = detl(['screen', join(dir, 'phantom.png'), '--json', '--model', 'models/mobilenet-v2-160'])
    expect(await line.exit).toBe(0)
    for (const [name, p] of Object.entries(screening.probabilities))
      expect(answerIn(line.output()).probabilities[name]).toBeCloseTo(p, 6)
  }, 180_000)

  it('answers 503 with Retry-After once the GPU function is gone, and serves again when it is back', async () => {
    await gpu.stop('SIGKILL')
    await expect.poll(() => answers(gpuPort), { timeout: 5000 }).toBe(false)
    const gone = await post(png)
    expect(gone.status).toBe(503)
    expect(Number(gone.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await gone.json()).toMatchObject({ type: '/problems/upstream-unavailable' })
    gpu = detl(['serve', 'gpu', '--models', 'models', '--port', String(gpuPort)], env)
    await gpu.line(/GPU function/)
    expect((await post(png)).status).toBe(200)
  })
})

describe('npm start', () => {
  it('prints address, key and a curl line that work, and stops all of it on Ctrl-C', async () => {
    const port = await freePort()
    const gpuPort = await freePort()
    const all = detl(['serve', 'all', '--port', String(port), '--gpu-port', String(gpuPort)])
    const [, key, address] = await all.line(
      /curl -H 'Authorization: Bearer (\S+)' --data-binary @\S+ (http\S+)/,
    )
    const { image } = phantom({ seed: 1, width: 300, height: 300, lesions: [] })
    const body = await encodePng({ ...image, data: image.data.map((v) => v << 4), channels: 1 })
    const response = await fetch(address!, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${key}` },
    })
    expect(response.status).toBe(200)
    await all.stop('SIGINT')
    for (const taken of [port, gpuPort])
      await expect.poll(() => answers(taken), { timeout: 5000 }).toBe(false)
  })
})

const answers = (port: number) =>
  fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  )

/** The same file with 60,000 × 60,000 in its header, checksum made good. */
function hugeHeader(png: Uint8Array): Uint8Array<ArrayBuffer> {
  const huge = png.slice()
  const view = new DataView(huge.buffer)
  view.setUint32(16, 60_000)
  view.setUint32(20, 60_000)
  view.setUint32(29, crc32(huge.subarray(12, 29)))
  return huge
}
