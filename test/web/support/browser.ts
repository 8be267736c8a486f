import type { Severity } from '@detl/core/lungs/severity'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'

export type Visit = { readonly page: Page; readonly context: BrowserContext; readonly complaints: string[] }

export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
}

/** A visitor of their own: nothing stored from other visits. `complaints` gets what the page logs as an error. */
export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: 1400, height: 900 },
    locale: 'en-GB',
    colorScheme: 'light',
    serviceWorkers: 'block', // a visit that is about being offline allows it
    ...options,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(45_000)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  await page.goto(url)
  await page.locator('.intake').waitFor()
  return { page, context, complaints }
}

/** Scores the sample. */
export async function scoreSample(page: Page): Promise<void> {
  await sampleButton(page).click()
  await headline(page).waitFor()
}

export const sampleButton = (page: Page) => page.getByRole('button', { name: 'Try the synthetic sample' })
/** Of this visit or, after a reload, of the one before. */
export async function clearList(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Clear the list' }).click()
  await page.locator('.intake').waitFor()
}

export const onDevice = (page: Page) =>
  page.getByRole('radio', { name: /^This device/ }).check({ force: true })
/** The panel once an image is scored. */
export const headline = (page: Page) => page.locator('.headline-label')
export const problem = (page: Page) => page.getByRole('alert')

/** Puts files into the work list as the file dialog does. */
export async function choose(
  page: Page,
  files: readonly { name: string; mimeType: string; buffer: Buffer }[],
): Promise<void> {
  await page.locator('input[type=file][multiple]').setInputFiles([...files])
}

export type SavedResult = {
  servedBy: string
  device?: { provider: 'webgpu' | 'wasm'; threads: number; precision: 'fp32' | 'int8' }
  computedOn?: { provider: string; precision?: 'fp32' | 'int8' }
  probabilities: Record<string, number>
  heatmaps: { class: string; max: number }[]
  severity?: Severity
}

/** The result as the page saves it. */
export async function savedResult(page: Page): Promise<SavedResult> {
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'JSON' }).click()
  const stream = await (await download).createReadStream()
  return JSON.parse(Buffer.concat(await stream.toArray()).toString())
}

/** An expectation of what the page comes to show, however busy the machine is. */
export const eventually = <T>(read: () => T | Promise<T>) => expect.poll(read)
