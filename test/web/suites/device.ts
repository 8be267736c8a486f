import { readdirSync } from 'node:fs'
import { codecs } from '@detl/codecs/modules'
import { decodeImage } from '@detl/core/image/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import type { ModelSpecs } from '@detl/web/engine/types'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { Stage } from '../page.test.ts'
import {
  choose,
  clearList,
  eventually,
  headline,
  onDevice,
  problem,
  sampleButton,
  savedResult,
  scoreSample,
  visit,
} from '../support/browser.ts'
import { dicomFile, pngFile } from '../support/files.ts'
import { DIST, readManifest } from '../support/site.ts'

export const deviceSuite = (stage: Stage) =>
  describe('scoring on the device', () => {
    it('sends nothing of the image, needs no key, and goes on without a network after a reload', async () => {
      const { page, context } = await visit(stage.browser, stage.site.url, { serviceWorkers: 'allow' })
      const sent: string[] = []
      page.on('request', (request) => sent.push(`${request.method()} ${new URL(request.url()).pathname}`))
      await onDevice(page)
      await sampleButton(page).click()
      await headline(page).waitFor()
      const online = await page.locator('.score-value').allTextContents()
      expect(sent.filter((line) => line.startsWith('POST'))).toEqual([])
      await page.evaluate(() => navigator.serviceWorker.ready.then(({ active }) => active?.state))

      await context.setOffline(true)
      await page.reload()
      await headline(page).waitFor()
      await clearList(page)
      await sampleButton(page).click()
      await headline(page).waitFor()
      expect(await page.locator('.score-value').allTextContents()).toEqual(online)
      await choose(page, [dicomFile(4)])
      await page.getByText('2 of 2 done').waitFor()
      expect(await page.locator('[data-status=failed]').count()).toBe(0)
      await context.close()
    })

    it('scores without a network after a first visit that scored nothing', async () => {
      const { page, context } = await visit(stage.browser, stage.site.url, { serviceWorkers: 'allow' })
      await page.locator('.place[data-offline=ready]').waitFor({ state: 'attached' })

      await context.setOffline(true)
      await page.reload()
      await onDevice(page)
      await sampleButton(page).click()
      await headline(page).waitFor()
      expect(await page.locator('.score-value').count()).toBeGreaterThan(0)
      await context.close()
    })

    it('runs the model on several threads, which the page’s isolation allows', async () => {
      const { page, context } = await visit(stage.browser, stage.site.url)
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
      await onDevice(page)
      await scoreSample(page)
      const { device } = await savedResult(page)
      const threads = Math.min(4, await page.evaluate(() => navigator.hardwareConcurrency))
      expect(device).toEqual({ provider: 'wasm', threads, precision: 'int8' })
      // The page's own worker, and one more for each further thread.
      expect(page.workers()).toHaveLength(threads)
      await context.close()
    })

    it('scores on one thread where the page is not isolated', async () => {
      const { page, context } = await visit(stage.browser, stage.site.url)
      await page.route(/\/$|\.js$|\.mjs$/, async (route) => {
        const response = await route.fetch()
        const headers = { ...response.headers(), 'cross-origin-opener-policy': 'unsafe-none' }
        await route.fulfill({
          response,
          headers: { ...headers, 'cross-origin-embedder-policy': 'unsafe-none' },
        })
      })
      await page.reload()
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(false)
      await onDevice(page)
      await scoreSample(page)
      expect((await savedResult(page)).device).toEqual({ provider: 'wasm', threads: 1, precision: 'int8' })
      await context.close()
    })

    it('needs no key: who has none is offered the device', async () => {
      const { page, context } = await visit(stage.browser, stage.site.url)
      await sampleButton(page).click()
      await page.getByRole('button', { name: 'Score on this device' }).click()
      await headline(page).waitFor()
      expect((await savedResult(page)).servedBy).toBe('device')
      await context.close()
    })

    it('fetches neither model nor runtime unasked where the connection is metered', async () => {
      const context = await stage.browser.newContext({ locale: 'en-GB' })
      await context.addInitScript(
        'Object.defineProperty(navigator, "connection", { value: { saveData: true } })',
      )
      const fetched: string[] = []
      context.on('request', (request) => fetched.push(new URL(request.url()).pathname))
      const page = await context.newPage()
      await page.goto(stage.site.url)
      await page.evaluate(() => navigator.serviceWorker.ready.then(({ active }) => active?.state))
      await page.waitForTimeout(4000) // longer than it waits for idleness elsewhere
      const large = () => fetched.filter((path) => /\.onnx$|ort-wasm.*\.wasm$/.test(path))
      expect(large()).toEqual([])

      await onDevice(page)
      await page.locator('.place[data-offline=ready]').waitFor({ state: 'attached', timeout: 45_000 })
      expect(large().length).toBeGreaterThan(0)
      await context.close()
    })

    it('gives the server’s probabilities within 0.02, computed in 8-bit integers, and says so', async () => {
      const { page, context } = await visit(stage.browser, `${stage.site.url}/#key=${stage.site.key}`)
      await choose(page, [await pngFile(11)])
      await headline(page).waitFor()
      const server = await savedResult(page)
      expect(server.servedBy).toBe('gpu')
      await onDevice(page)
      await choose(page, [await pngFile(11, 'again.png')])
      await page.getByText('2 of 2 done').waitFor()
      await page.getByRole('button', { name: 'JSON' }).waitFor()
      const device = await savedResult(page)
      expect(device.servedBy).toBe('device')
      for (const [label, share] of Object.entries(server.probabilities)) {
        expect(Math.abs(device.probabilities[label]! - share)).toBeLessThan(0.02)
      }
      expect(server.computedOn).toMatchObject({ provider: 'cpu', precision: 'fp32' })
      expect(device.device).toMatchObject({ provider: 'wasm', precision: 'int8' })
      expect(await page.locator('details.details').textContent()).toContain('8-bit integers')
      await context.close()
    })

    it('makes the same tensor, bit for bit, as the other runtimes', async () => {
      const { page, context } = await visit(stage.browser, stage.site.url)
      const { preprocess, gate } = readManifest()
      for (const { buffer } of [await pngFile(5), dicomFile(6)]) {
        const options = { limits: DEFAULT_LIMITS, codecs }
        const refusing = { mode: 'refuse', spec: gate } as const
        const { preprocessed } = await takeIn(new Uint8Array(buffer), preprocess, refusing, options)
        expect(await tensorInPage(page, buffer, { preprocess, gate })).toEqual([...preprocessed.tensor])
      }
      await context.close()
    })

    it('can be installed as an app, with icons as large as they say', async () => {
      const { page, context } = await visit(stage.browser, stage.site.url, { serviceWorkers: 'allow' })
      await page.evaluate(() => navigator.serviceWorker.ready.then(({ active }) => active?.state))
      const session = await context.newCDPSession(page)
      const errors = async () => {
        const { installabilityErrors } = await session.send('Page.getInstallabilityErrors')
        return installabilityErrors.map(({ errorId }) => errorId)
      }
      await eventually(errors).toEqual(['in-incognito']) // as every test's visit is
      const { icons } = await (await fetch(`${stage.site.url}/manifest.webmanifest`)).json()
      const pixels = (icons as { src: string; sizes: string; purpose: string }[]).filter(
        (i) => i.sizes !== 'any',
      )
      expect(pixels.map(({ purpose }) => purpose)).toContain('maskable')
      for (const { src, sizes } of [...pixels, { src: '/icon-apple-180.png', sizes: '180x180' }]) {
        const bytes = new Uint8Array(await (await fetch(stage.site.url + src)).arrayBuffer())
        const { source } = await decodeImage(bytes, { limits: DEFAULT_LIMITS, codecs })
        expect(`${source.width}x${source.height}`).toBe(sizes)
      }
      await context.close()
    })

    it('refuses a model whose digest is not the one that the page was built with', async () => {
      const { page, context } = await visit(stage.browser, stage.site.url)
      await page.route('**/model/model*.onnx*', async (route) => {
        const response = await route.fetch()
        const body = await response.body()
        body[body.length >> 1]! ^= 1
        await route.fulfill({ response, body })
      })
      await onDevice(page)
      await sampleButton(page).click()
      await problem(page).waitFor()
      expect(await problem(page).textContent()).toContain('The model was not loaded whole')
      await page.unroute('**/model/model*.onnx*')
      await page.getByRole('button', { name: 'Try again' }).click()
      await headline(page).waitFor()
      await context.close()
    })
  })

/** Asks the page's own worker, over Comlink's protocol. */
async function tensorInPage(page: Page, file: Buffer, model: ModelSpecs): Promise<number[]> {
  const script = readdirSync(`${DIST}assets`).find((name) => name.startsWith('engine.worker'))
  return page.evaluate(
    async ({ script, base64, model }) => {
      const worker = new Worker(`/assets/${script}`, { type: 'module' })
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)).buffer
      const answer = new Promise<number[]>((resolve, reject) => {
        worker.onmessage = ({ data }) => {
          if (data.value?.ok) resolve([...data.value.value])
          else reject(new Error(JSON.stringify(data)))
        }
      })
      const argumentList = [bytes, model].map((value) => ({ type: 'RAW', value }))
      worker.postMessage({ id: '1', type: 'APPLY', path: ['prepare'], argumentList })
      return answer.finally(() => worker.terminate())
    },
    { script, base64: file.toString('base64'), model },
  )
}
