import { gzipSync } from 'node:zlib'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { Stage } from '../page.test.ts'
import { findings } from '../support/axe.ts'
import { choose, headline, sampleButton, visit } from '../support/browser.ts'

const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

/** Of issue 8. */
const FIRST_LOAD_KB = 300

export const accessSuite = (stage: Stage) =>
  describe('for everyone', () => {
    const withKey = (options?: BrowserContextOptions) =>
      visit(stage.browser, `${stage.site.url}/#key=${stage.site.key}`, options)

    it.each([
      ['light', { colorScheme: 'light' }],
      ['dark', { colorScheme: 'dark' }],
      ['on a phone', PHONE],
      ['in German', { locale: 'de-DE' }],
    ] as const)('has no serious finding of axe: %s', async (_, options) => {
      const { page, context } = await withKey(options)
      expect(await findings(page)).toEqual([])
      await page.locator('.intake-ways > .button').last().click()
      await headline(page).waitFor()
      await page.locator('.details summary').click()
      expect(await findings(page)).toEqual([])
      await page.locator('.notice > button').click()
      expect(await findings(page)).toEqual([])
      await page.keyboard.press('Escape')
      await choose(page, [{ name: 'bad.png', mimeType: 'image/png', buffer: Buffer.from('no image') }])
      await page.getByRole('alert').waitFor()
      expect(await findings(page)).toEqual([])
      await context.close()
    })

    it('can be used with the keyboard alone: key, sample, class, zoom, window', async () => {
      const { page, context } = await visit(stage.browser, stage.site.url)
      const press = async (key: string, times = 1) => {
        for (let i = 0; i < times; i++) await page.keyboard.press(key)
      }
      const reach = async (matches: (focused: string) => boolean) => {
        for (let i = 0; i < 60; i++) {
          await press('Tab')
          if (matches(await focused(page))) return
        }
        throw new Error(`not reached by Tab; the focus is on ${await focused(page)}`)
      }
      await reach((name) => name.includes('Add API key'))
      await press('Enter')
      // A person sees the dialog come and go; keys that are pressed before would go elsewhere.
      const dialog = page.locator('dialog[open]')
      await dialog.waitFor()
      await reach((name) => name.startsWith('password'))
      await page.keyboard.type(stage.site.key)
      await press('Enter')
      await dialog.waitFor({ state: 'hidden' })
      await reach((name) => name.includes('synthetic sample'))
      await press('Enter')
      await headline(page).waitFor()

      await reach((name) => name.startsWith('group X-ray viewer'))
      await press('+', 3)
      expect(await page.locator('.zoom output').textContent()).toBe('195 %')
      const level = () => page.getByRole('slider', { name: 'Level' }).getAttribute('aria-valuetext')
      const before = await level()
      await press('Shift+ArrowUp', 2)
      expect(await level()).not.toBe(before)
      await press('0')
      expect(await page.locator('.zoom output').textContent()).toBe('100 %')

      await reach((name) => name.startsWith('radio class'))
      const chosen = () => page.locator('.score:has(:checked) .score-name').textContent()
      const first = await chosen()
      await press('ArrowDown')
      expect(await chosen()).not.toBe(first)
      await context.close()
    })

    it(`is there after at most ${FIRST_LOAD_KB} KB gzipped, without model and runtime`, async () => {
      const context = await stage.browser.newContext({ serviceWorkers: 'block' })
      const bodies: Promise<Buffer>[] = []
      const paths: string[] = []
      context.on('response', (response) => {
        paths.push(new URL(response.url()).pathname)
        bodies.push(response.body())
      })
      const page = await context.newPage()
      await page.goto(stage.site.url)
      await page.locator('.intake').waitFor()
      await page.waitForLoadState('networkidle')
      const bytes = (await Promise.all(bodies)).reduce((sum, body) => sum + gzipSync(body).length, 0)
      expect(bytes / 1000).toBeLessThan(FIRST_LOAD_KB)
      expect(paths).toContain('/')
      expect(paths.filter((path) => /ort[-.]|onnx/.test(path))).toEqual([])
      await context.close()
    })

    it('fits a phone without scrolling sideways, with the disclaimer in sight', async () => {
      const { page, context } = await withKey(PHONE)
      await sampleButton(page).tap()
      await headline(page).waitFor()
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
      await page.evaluate(() => window.scrollTo(0, 600))
      const notice = await page.locator('.notice').boundingBox()
      expect(notice!.y + notice!.height).toBeLessThanOrEqual(845)
      await context.close()
    })

    it('speaks German and remembers it', async () => {
      const { page, context } = await withKey()
      await page.getByRole('combobox', { name: 'Language' }).selectOption('de')
      await page.getByRole('button', { name: 'Synthetisches Beispiel' }).click()
      await page.locator('.eyebrow', { hasText: 'Höchster Wert' }).waitFor()
      expect(await page.locator('.score-name').allTextContents()).toContain('Lungenentzündung')
      await page.reload()
      await page.getByRole('button', { name: 'Synthetisches Beispiel' }).waitFor()
      expect(await page.evaluate(() => document.documentElement.lang)).toBe('de')
      await context.close()
    })

    it('says what became of an image to screen readers', async () => {
      const { page, context } = await withKey()
      await sampleButton(page).click()
      await headline(page).waitFor()
      const spoken = await page.locator('[aria-live=polite].hidden-words').textContent()
      expect(spoken).toContain('synthetic-sample.png: highest score')
      await context.close()
    })
  })

const focused = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement as HTMLInputElement
    const role = element.getAttribute('role') ?? element.type ?? element.tagName
    return `${role} ${element.getAttribute('aria-label') ?? (element.name || element.textContent)}`
  })
