/**
 * The page and the edge without a GPU, on one machine: what a first visit loads, how long a dropped file takes until its result is
 * drawn (on the device, and through edge and GPU function), and a screening answered by the edge's own run of the model beside one
 * answered by the GPU function. The model is the one that is served where none is named, the image a synthetic chest of 1024 × 1024 pixels, 16 bits.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { encodePng } from '@detl/core/image/png-encode'
import { DEFAULT_MODEL } from '@detl/core/model/default-model'
import { parseManifest } from '@detl/core/model/manifest'
import { phantom } from '@detl/core/phantom/phantom'
import type { Browser, Page } from 'playwright-core'
import { setup as buildPage } from '../test/support/build-page.ts'
import { launch, noBrowser } from '../test/support/chromium.ts'
import { edgeProcess, SECRETS } from '../test/support/edge-process.ts'
import { startServer } from '../test/support/gpu-process.ts'
import { SIGNING_KEY } from '../test/support/gpu-stand-in.ts'
import { visit } from '../test/web/support/browser.ts'
import type { Figure, Missing } from './run.ts'

const ROUNDS = 15
const VISITS = 7
const MODELS = fileURLToPath(new URL('../models/', import.meta.url))

export default async function webBench(): Promise<Record<string, Figure | Missing>> {
  buildPage()
  const manifest = parseManifest(JSON.parse(readFileSync(`${MODELS}${DEFAULT_MODEL}/manifest.json`, 'utf8')))
  const { image } = phantom({ seed: 7, width: 1024, height: 1024, lesions: ['consolidation'] })
  const png = await encodePng({ ...image, channels: 1, data: image.data.map((level) => level << 4) })
  // One thread for the network on either side.
  const gpu = await startServer(MODELS, { DETL_SIGNING_KEYS: SIGNING_KEY, DETL_THREADS: '1' })
  const edgeOf = async (gpuUrl: string) => edgeProcess({ manifest, gpuUrl })
  const [withGpu, alone] = [await edgeOf(gpu.url), await edgeOf('')]
  const browser = noBrowser ? undefined : await launch()
  try {
    return {
      ...(await fallback(withGpu, alone, png)),
      ...(browser
        ? { ...(await firstLoad(browser, withGpu.url)), ...(await dropToDrawn(browser, withGpu.url, png)) }
        : { 'web.first_load_kb': { missing: noBrowser! } }),
    }
  } finally {
    await browser?.close()
    await Promise.all([withGpu.stop(), alone.stop(), gpu.stop()])
  }
}

type Edge = Awaited<ReturnType<typeof edgeProcess>>

async function fallback(withGpu: Edge, alone: Edge, png: Uint8Array<ArrayBuffer>) {
  const times = { gpu: [] as number[], edge: [] as number[] }
  for (let round = -2; round < ROUNDS; round++) {
    const [gpuMs, edgeMs] = [await screen(withGpu, 'gpu', png), await screen(alone, 'edge', png)]
    if (round < 0) continue // sessions and codecs are made in the first rounds
    times.gpu.push(gpuMs)
    times.edge.push(edgeMs)
  }
  const ratios = times.edge.map((ms, i) => ms / times.gpu[i]!)
  return {
    'edge.fallback_vs_gpu': figure(
      ratios,
      '×',
      'a screening through the GPU function on CPU, 1 thread; same machine, one caller',
    ),
    'edge.fallback_ms': figure(times.edge, 'ms', 'a screening answered by the edge alone, 1024 × 1024 PNG'),
  }
}

async function screen(edge: Edge, by: 'gpu' | 'edge', png: Uint8Array<ArrayBuffer>): Promise<number> {
  const started = performance.now()
  const response = await fetch(`${edge.url}/v1/screenings`, {
    method: 'POST',
    headers: { authorization: `Bearer ${SECRETS.demoKey}` },
    body: png,
  })
  const answer = (await response.json()) as { servedBy?: string }
  const ms = performance.now() - started
  if (answer.servedBy !== by)
    throw new Error(`expected an answer by ${by}: ${JSON.stringify(answer).slice(0, 200)}`)
  return ms
}

async function firstLoad(browser: Browser, url: string) {
  const shown: number[] = []
  let bytes = 0
  for (let round = 0; round < VISITS; round++) {
    const context = await browser.newContext({ serviceWorkers: 'block' })
    const page = await context.newPage()
    const bodies: Promise<Buffer>[] = []
    context.on('response', (response) => bodies.push(response.body()))
    const started = performance.now()
    await page.goto(url, { waitUntil: 'commit' })
    await page.locator('.intake').waitFor()
    shown.push(performance.now() - started)
    await page.waitForLoadState('networkidle')
    bytes = (await Promise.all(bodies)).reduce((sum, body) => sum + gzipSync(body, { level: 9 }).length, 0)
    await context.close()
  }
  return {
    'web.first_load_kb': single(
      bytes / 1000,
      'kB',
      'all that a first visit fetches, gzipped; limit 300, without model and runtime',
    ),
    'web.first_load_ms': figure(shown, 'ms', 'navigation to the drop zone, empty cache, loopback'),
  }
}

async function dropToDrawn(browser: Browser, url: string, png: Uint8Array) {
  const { page, context } = await visit(browser, `${url}/#key=${SECRETS.demoKey}`)
  const times = { endpoint: [] as number[], device: [] as number[] }
  const base64 = Buffer.from(png).toString('base64')
  for (let round = -2; round < ROUNDS; round++) {
    for (const [place, name] of [
      ['endpoint', 'Endpoint'],
      ['device', 'This device'],
    ] as const) {
      await page.getByRole('radio', { name }).check({ force: true })
      const ms = await drop(page, base64)
      if (round >= 0) times[place].push(ms)
    }
  }
  await context.close()
  const ratios = times.device.map((ms, i) => ms / times.endpoint[i]!)
  return {
    'web.drop_to_drawn_endpoint_ms': figure(
      times.endpoint,
      'ms',
      'file dropped to map drawn, through edge and GPU function on CPU',
    ),
    'web.drop_to_drawn_device_ms': figure(
      times.device,
      'ms',
      'file dropped to map drawn, on the device, model loaded',
    ),
    'web.device_vs_endpoint': figure(ratios, '×', 'the same through edge and GPU function, same machine'),
  }
}

/** Drops a file on the page and waits, in the page, until its result is painted. */
const drop = (page: Page, base64: string): Promise<number> =>
  page.evaluate(`(async () => {
    const count = () => document.querySelectorAll('[data-status=done]').length
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    const transfer = new DataTransfer()
    const bytes = Uint8Array.from(atob('${base64}'), (char) => char.charCodeAt(0))
    transfer.items.add(new File([bytes], 'chest.png', { type: 'image/png' }))
    const before = count()
    const started = performance.now()
    window.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, cancelable: true }))
    while (count() === before || !document.querySelector('.headline')) await frame()
    await frame()
    return performance.now() - started
  })()`)

function figure(samples: readonly number[], unit: string, against: string): Figure {
  const sorted = [...samples].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)]!
  return { value: at(0.5), unit, runs: sorted.length, spread: at(0.75) - at(0.25), against }
}

const single = (value: number, unit: string, against: string): Figure => ({
  value,
  unit,
  runs: 1,
  spread: 0,
  against,
})
