/** The edge's own answer in workerd where no GPU function answers in time, or none is there at all. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Screening, screeningSchema } from '@detl/core/api/screening'
import { DEFAULT_MODEL } from '@detl/core/model/default-model'
import { parseManifest } from '@detl/core/model/manifest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { edgeProcess, SECRETS } from '../../support/edge-process.ts'
import { gpuStandIn } from '../../support/gpu-stand-in.ts'
import { chestPng } from '../../support/images.ts'

const MODEL = fileURLToPath(new URL(`../../../models/${DEFAULT_MODEL}/`, import.meta.url))
const noModel = existsSync(`${MODEL}model.onnx`) ? undefined : `no model in ${MODEL}`
/** Far beyond what an answer of the edge takes on a busy machine: an edge that waited for it would be seen. */
const HANGS_MS = 120_000

describe.skipIf(noModel)('the edge', () => {
  const manifest = () => parseManifest(JSON.parse(readFileSync(`${MODEL}manifest.json`, 'utf8')))
  let gpu: Awaited<ReturnType<typeof gpuStandIn>>
  let edge: Awaited<ReturnType<typeof edgeProcess>> | undefined
  beforeAll(async () => {
    gpu = await gpuStandIn(manifest())
  })
  afterAll(async () => {
    await edge?.stop()
    await gpu?.stop()
  })

  const attempt = async () =>
    fetch(`${edge!.url}/v1/screenings`, {
      method: 'POST',
      headers: { authorization: `Bearer ${SECRETS.demoKey}` },
      body: await chestPng(1, 256),
    })

  async function screen(): Promise<Screening> {
    const response = await attempt()
    expect(response.status, await response.clone().text()).toBe(200)
    return screeningSchema.parse(await response.json())
  }

  it('answers itself when the GPU function hangs, and leaves answers to it again once it is quick', async () => {
    edge = await edgeProcess({
      manifest: manifest(),
      gpuUrl: gpu.url,
      vars: { FALLBACK: 'edge', FALLBACK_AFTER_MS: '300', GPU_DEADLINE_MS: '5000' },
    })
    gpu.trouble = () => ({ delayMs: HANGS_MS })
    for (let n = 0; n < 3; n++) {
      expect((await screen()).servedBy).toBe('edge')
    }
    expect(gpu.calls).toBeGreaterThan(0)
    expect(gpu.answered).toBe(0) // it hangs still: nobody waited for it
    gpu.trouble = undefined
    await expect.poll(async () => (await screen()).servedBy, { interval: 200 }).toBe('gpu')
  }, 240_000)

  it('answers itself where no GPU function is configured', async () => {
    await edge?.stop()
    const before = gpu.calls
    edge = await edgeProcess({
      manifest: manifest(),
      gpuUrl: '',
      vars: { FALLBACK: 'edge' },
    })
    // The Worker that runs the model may still be loading it: 503 till then.
    await expect.poll(async () => (await attempt()).status, { interval: 500 }).toBe(200)
    expect((await screen()).servedBy).toBe('edge')
    expect(gpu.calls).toBe(before)
  }, 240_000)
})
