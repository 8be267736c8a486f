import { describe, expect, it } from 'vitest'
import { batchClient } from '../support/batch-run.ts'
import { edgeProcess } from '../support/edge-process.ts'
import { freePort } from '../support/free-port.ts'
import { gpuStandIn } from '../support/gpu-stand-in.ts'
import { imageServer } from '../support/image-server.ts'
import { chestPng } from '../support/images.ts'
import { testManifest } from '../support/manifest.ts'

/** `npm run bench -- batches` does the same with 10,000 and the GPU function itself. */
const ITEMS = 300
const KILLS = 3

describe(`a batch of ${ITEMS} items, the GPU function away once, workerd killed ${KILLS} times`, () => {
  it('gives a result of each item and charges each once', { timeout: 300_000 }, async () => {
    const manifest = testManifest()
    const images = await imageServer([await chestPng(1), await chestPng(2), await chestPng(3)])
    let gpu = await gpuStandIn(manifest, await freePort())
    gpu.trouble = () => ({ delayMs: 20 })
    const edge = await edgeProcess({
      manifest,
      gpuUrl: gpu.url,
      vars: { BATCH_HOSTS: images.url, BATCH_LEASE_MS: '2500', FALLBACK: 'fail' },
    })
    try {
      const client = await batchClient(edge)
      const id = await client.create(
        Array.from({ length: ITEMS }, (_, i) => ({ url: `${images.url}/${i}.png` })),
      )
      const answered = async (share: number) => {
        const { status } = await client.until(id, ({ items }) => items.succeeded >= share * ITEMS, 120_000)
        return status
      }
      for (let kill = 1; kill <= KILLS; kill++) {
        expect(await answered((kill - 0.9) / (KILLS + 1))).toBe('running')
        if (kill === 2) {
          await gpu.stop()
          await new Promise((resolve) => setTimeout(resolve, 1000))
        }
        await edge.kill()
        await edge.start()
        if (kill === 2) {
          gpu = await gpuStandIn(manifest, gpu.port)
          gpu.trouble = () => ({ delayMs: 20 })
        }
      }
      const ended = await client.until(id, ({ status }) => status === 'completed', 120_000)
      expect(ended.items).toEqual({ total: ITEMS, succeeded: ITEMS, failed: 0, cancelled: 0, waiting: 0 })
      const { items, screenings, failed } = await client.results(id)
      expect([items.size, Math.max(...items.values()), screenings.size, failed]).toEqual([ITEMS, 1, ITEMS, 0])
      expect(await client.billed()).toBe(ITEMS)
    } catch (error) {
      throw new Error(`${String(error)}\n${edge.log().slice(-3000)}`, { cause: error })
    } finally {
      await edge.stop()
      await Promise.all([gpu.stop(), images.stop()])
    }
  })
})
