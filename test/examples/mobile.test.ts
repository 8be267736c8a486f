import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ScreeningError, screenOverHttp, tensorClient } from '@detl/client'
import { codecs } from '@detl/codecs/modules'
import { encodePng } from '@detl/core/image/png-encode'
import { parseManifest } from '@detl/core/model/manifest'
import { preprocessSpecSchema } from '@detl/core/preprocess/spec-schema'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { createScreener, selfCheck } from '../../examples/mobile/screen-on-device.ts'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'
import { modelsFolder } from '../support/model-folder.ts'
import { DETL12 } from '../support/tiny-model.ts'

const GOLDEN = fileURLToPath(new URL('../golden/intake/', import.meta.url))
const goldenSchema = z.object({
  preprocess: preprocessSpecSchema,
  files: z.record(z.string(), z.object({ outcome: z.object({ tensor: z.string().optional() }) })),
})
const read = (name: string) => new Uint8Array(readFileSync(GOLDEN + name))
const sha256 = async (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe('the mobile sample on the device', () => {
  const { preprocess, files } = goldenSchema.parse(JSON.parse(readFileSync(`${GOLDEN}intake.json`, 'utf8')))
  const models = modelsFolder()
  let screener: Awaited<ReturnType<typeof createScreener>>
  beforeAll(async () => {
    const folder = models.add({ network: { ...DETL12, filters: [4, 8, 16], dense: [16, 8] } })
    const manifest = parseManifest(JSON.parse(readFileSync(`${folder}/manifest.json`, 'utf8')))
    screener = await createScreener({
      InferenceSession: InferenceSession as never,
      Tensor: Tensor as never,
      model: `${folder}/model.onnx`,
      manifest: { ...manifest, preprocess },
      codecs,
    })
  })
  afterAll(models.remove)

  // All of them: PNG, JPEG and DICOM in every transfer syntax; those that are refused have no tensor.
  const golden = Object.entries(files).flatMap(([name, { outcome }]) =>
    outcome.tensor ? [{ name, file: read(name), tensor: outcome.tensor }] : [],
  )

  it('makes the golden tensors', async () => {
    expect(golden.length).toBeGreaterThan(20)
    await selfCheck(screener.prepare, golden, sha256)
  })

  it('notices a preprocessing that differs in one pixel by one level', async () => {
    const prepare = async (file: Uint8Array) => {
      const tensor = Uint8Array.from(await screener.prepare(file))
      tensor[8000]! ^= 1
      return tensor
    }
    await expect(selfCheck(prepare, golden, sha256)).rejects.toThrow(`${golden[0]?.name}: tensor`)
  })

  it('scores a file', async () => {
    const { probabilities, label, maps } = await screener.screen(await chestPng(3, 128))
    expect(Object.values(probabilities).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 4)
    expect(Object.keys(maps)).toContain(label)
  })
})

describe('the mobile sample over HTTP', () => {
  let edge: Awaited<ReturnType<typeof edgeApp>>
  beforeAll(async () => {
    edge = await edgeApp()
  })
  afterAll(() => edge.stop())
  const endpoint = (key = edge.key) => ({
    endpoint: 'http://edge.test',
    key,
    fetch: (async (url: string, init: RequestInit) => edge.request(url, init)) as typeof fetch,
  })
  const image = async () => new Blob([await chestPng(2, 128)], { type: 'image/png' })

  it('gets scores', async () => {
    const { label, probabilities } = await screenOverHttp(endpoint(), await image())
    expect(Object.keys(probabilities)).toContain(label)
  })

  it('sends the tensor alone, and gets what the image gets', async () => {
    let sent = 0
    const counting = (async (url: string, init: RequestInit = {}) => {
      if (init.body instanceof Uint8Array) sent += init.body.length
      return edge.request(url, init)
    }) as typeof fetch
    const client = await tensorClient({ ...endpoint(), fetch: counting, codecs })
    const bytes = await chestPng(2, 512)
    const ofTensor = await client.screen(bytes)
    const ofImage = await screenOverHttp(endpoint(), new Blob([bytes], { type: 'image/png' }))
    expect(ofTensor.preprocessedBy).toBe('client')
    expect(ofTensor.probabilities).toEqual(ofImage.probabilities)
    expect(ofTensor.heatmaps).toEqual(ofImage.heatmaps)
    expect(sent).toBeLessThan(edge.manifest.preprocess.size ** 2 + 1000)
  })

  it('sends nothing of an image that the gate refuses', async () => {
    const client = await tensorClient({ ...endpoint(), codecs })
    const { calls } = edge.gpu
    const data = Uint8Array.from({ length: 3 * 300 * 300 }, (_, at) => (at % 3 === 0 ? 200 : at % 50))
    const red = await encodePng({ width: 300, height: 300, channels: 3, data })
    await expect(client.screen(red)).rejects.toMatchObject({ code: 'image-unsuitable' })
    expect(edge.gpu.calls).toBe(calls)
  })

  it('names a problem by its code', async () => {
    const wrong = screenOverHttp(endpoint('detl_test_unknown_key'), await image())
    await expect(wrong).rejects.toBeInstanceOf(ScreeningError)
    await expect(wrong).rejects.toMatchObject({ code: 'key-invalid', status: 401 })
  })

  it('sends the same Idempotency-Key again after a lost connection', async () => {
    const keys: (string | null)[] = []
    const lossy = (async (url: string, init: RequestInit) => {
      keys.push(new Headers(init.headers).get('idempotency-key'))
      if (keys.length === 1) throw new TypeError('network request failed')
      return edge.request(url, init)
    }) as typeof fetch
    await screenOverHttp({ ...endpoint(), fetch: lossy }, await image())
    expect(keys).toHaveLength(2)
    expect(keys[0]).toBe(keys[1])
  })
})
