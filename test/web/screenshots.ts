/**
 * `node test/web/screenshots.ts [FOLDER]`: pictures of the page for the README, from the synthetic sample (no patient), as `npm start` serves it.
 * FOLDER is docs/images unless given.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DEFAULT_MODEL } from '@detl/core/model/default-model'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { setup as buildPage } from '../support/build-page.ts'
import { launch } from '../support/chromium.ts'
import { choose, headline, sampleButton, visit } from './support/browser.ts'
import { pngFile } from './support/files.ts'
import { startSite } from './support/site.ts'

const folder = process.argv[2] ?? fileURLToPath(new URL('../../docs/images/', import.meta.url))
const shots: Record<string, BrowserContextOptions> = {
  'page-light': { viewport: { width: 1360, height: 860 } },
  'page-dark': { viewport: { width: 1360, height: 860 }, colorScheme: 'dark' },
  'page-phone': { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
}

buildPage()
mkdirSync(folder, { recursive: true })
const [site, browser] = await Promise.all([startSite('--model', DEFAULT_MODEL), launch()])
try {
  for (const [name, options] of Object.entries(shots)) {
    const { page, context } = await visit(browser, `${site.url}/#key=${site.key}`, options)
    if (name !== 'page-phone') await choose(page, [await pngFile(21), await pngFile(22), await pngFile(24)])
    if (name === 'page-phone') await sampleButton(page).click()
    await headline(page).waitFor()
    await page.locator('.list .spinner').first().waitFor({ state: 'detached' })
    await hottest(page)
    await page.evaluate('scrollTo(0, 0)')
    await page.waitForTimeout(500) // the bars' transition
    await page.screenshot({ path: join(folder, `${name}.png`) })
    await context.close()
  }
} finally {
  await browser.close()
  await site.stop()
}

/** Chooses the class whose map reaches the full heat: the one to look at. */
async function hottest(page: Page): Promise<void> {
  for (const radio of await page.locator('.score input').all()) {
    await radio.check()
    if (await page.getByText('Heat peak 100').isVisible()) return
  }
}
