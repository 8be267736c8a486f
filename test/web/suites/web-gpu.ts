import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch } from '../../support/chromium.ts'
import { expectSameSeverity } from '../../support/same-severity.ts'
import type { Stage } from '../page.test.ts'
import { choose, clearList, headline, onDevice, savedResult, visit } from '../support/browser.ts'
import { pngFile } from '../support/files.ts'

/** WebGPU without a GPU, by Chromium's software renderer: slow, but the same kernels. */
export const webGpuSuite = (stage: Stage) =>
  describe('scoring by WebGPU', { timeout: 240_000 }, () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await launch({ gpu: 'software' })
    })
    afterAll(() => browser?.close())

    it('gives the probabilities and the severity that WebAssembly gives, within 1e-3', async ({ skip }) => {
      const { page, context } = await visit(browser, stage.site.url)
      if (!(await hasAdapter(page))) {
        await context.close()
        skip('this Chromium has no software adapter for WebGPU')
      }
      const software = await scored(page)
      expect(software.device.provider).toBe('wasm') // an adapter that is software is not worth it
      await beginWith(page, TAKEN_FOR_A_GPU)
      await page.reload()
      await clearList(page)
      const gpu = await scored(page)
      expect(gpu.device.provider).toBe('webgpu')
      for (const [label, share] of Object.entries(software.probabilities)) {
        expect(Math.abs(gpu.probabilities[label]! - share)).toBeLessThan(1e-3)
      }
      for (const [i, { max }] of software.heatmaps.entries()) {
        expect(gpu.heatmaps[i]!.max).toBeCloseTo(max, 1)
      }
      expectSameSeverity(gpu.severity, software.severity)
      await context.close()
    })

    it('goes on with WebAssembly where the first run on the GPU fails', async ({ skip }) => {
      const { page, context } = await visit(browser, stage.site.url)
      if (!(await hasAdapter(page))) {
        await context.close()
        skip('this Chromium has no software adapter for WebGPU')
      }
      const warnings: string[] = []
      page.on('console', (message) => warnings.push(message.text()))
      await beginWith(page, `${TAKEN_FOR_A_GPU} ${FAILS_TO_RUN}`)
      await page.reload()
      const { device, probabilities } = await scored(page)
      expect(device.provider).toBe('wasm')
      expect(Object.values(probabilities).reduce((a, b) => a + b)).toBeCloseTo(1, 5)
      expect(warnings.join()).toContain('does not run the model')
      await context.close()
    })
  })

/** Has the page's worker begin with a script. */
const beginWith = (page: Page, script: string) =>
  page.route('**/assets/engine.worker-*.js', async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, body: `${script}\n${await response.text()}` })
  })

const FAILS_TO_RUN = `GPUQueue.prototype.submit = () => { throw new Error('the device was lost') };`
const TAKEN_FOR_A_GPU = `Object.defineProperty(GPUAdapterInfo.prototype, 'isFallbackAdapter', { get: () => false });`

const hasAdapter = (page: Page) =>
  page.evaluate(async () => {
    const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<unknown> } }
    return Boolean(await gpu?.requestAdapter())
  })

async function scored(page: Page) {
  await page.locator('.intake').waitFor()
  await onDevice(page)
  await choose(page, [await pngFile(12)])
  await headline(page).waitFor({ timeout: 150_000 })
  const result = await savedResult(page)
  return { ...result, device: result.device! }
}
