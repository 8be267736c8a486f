import { gzipSync } from 'node:zlib'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { Stage } from '../page.test.ts'
import { findings } from '../support/axe.ts'
import { choose, eventually, headline, PHONE, sampleButton, scoreSample, visit } from '../support/browser.ts'
import { pngFile } from '../support/files.ts'

/** Of issue 8. */
const FIRST_LOAD_KB = 300

export const accessSuite = (stage: Stage) =>
  describe('for everyone', () => {
    const withKey = (options?: BrowserContextOptions) =>
      visit(stage.browser, `${stage.site.url}/#key=${stage.site.key}`, options)

    // Each pair of size, colours and language once.
    const LOOKS = [
      { size: 'desk', colorScheme: 'light', locale: 'en-GB' },
      { size: 'desk', colorScheme: 'dark', locale: 'de-DE' },
      { size: 'phone', colorScheme: 'light', locale: 'de-DE' },
      { size: 'phone', colorScheme: 'dark', locale: 'en-GB' },
    ] as const
    it.each(LOOKS)('has no serious finding of axe: $size, $colorScheme, $locale', async (look) => {
      const { size, ...options } = look
      const { page, context } = await withKey(size === 'phone' ? { ...PHONE, ...options } : options)
      expect(await findings(page)).toEqual([])
      await page.locator('.intake-ways > .button').last().click()
      await headline(page).waitFor()
      await page.locator('.details summary').click()
      expect(await findings(page)).toEqual([])
      for (const opener of [
        '.notice > button',
        '.top-controls > .button >> nth=0',
        '.top-controls > .button >> nth=1',
      ]) {
        await page.locator(opener).click()
        await page.locator('dialog[open]').waitFor()
        await page.locator('dialog[open] .spinner').waitFor({ state: 'detached' })
        expect(await findings(page)).toEqual([])
        await page.keyboard.press('Escape')
        await page.locator('dialog[open]').waitFor({ state: 'detached' })
      }
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
      const zoom = () => page.locator('.zoom output').textContent()
      await eventually(zoom).toBe('195 %')
      const level = () => page.getByRole('slider', { name: 'Level' }).getAttribute('aria-valuetext')
      const before = await level()
      await press('Shift+ArrowUp', 2)
      await eventually(level).not.toBe(before)
      await press('0')
      await eventually(zoom).toBe('100 %')

      await reach((name) => name.startsWith('radio class'))
      const chosen = () => page.locator('.score:has(:checked) .score-name').textContent()
      const first = await chosen()
      await press('ArrowDown')
      await eventually(chosen).not.toBe(first)
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
      const text = Buffer.concat(await Promise.all(bodies)).toString()
      expect(text).not.toContain(process.cwd()) // a build for development writes where each component stands
      await context.close()
    })

    it.each([
      ['en-GB', 390],
      ['de-DE', 390],
      ['de-DE', 320],
    ])('fits a phone with a list of images and the account open: %s, %d pixels', async (locale, width) => {
      const { page, context } = await withKey({ ...PHONE, locale, viewport: { width, height: 740 } })
      const widest = () =>
        page.evaluate(() => {
          const dialog = document.querySelector('dialog[open]')
          const over = dialog ? dialog.scrollWidth - dialog.clientWidth : 0
          return Math.max(document.documentElement.scrollWidth - window.screen.width, over)
        })
      expect(await widest()).toBeLessThanOrEqual(0)
      await choose(page, [await pngFile(1, `${'long-'.repeat(12)}.png`), await pngFile(2), await pngFile(3)])
      await eventually(() => page.locator('[data-status=done]').count()).toBe(3)
      await headline(page).waitFor()
      await page.locator('details.details summary').click()
      expect(await widest()).toBeLessThanOrEqual(0)
      await page.locator('.top-controls > .button').nth(1).click()
      await page.locator('.keys').waitFor()
      expect(await widest()).toBeLessThanOrEqual(0)
      await context.close()
    })

    it('shows a phone’s user what stands in the way of a score before the image', async () => {
      const { page, context } = await visit(stage.browser, stage.site.url, PHONE)
      await sampleButton(page).tap()
      await page.getByRole('textbox', { name: 'Key', exact: true }).waitFor()
      const top = async (selector: string) => (await page.locator(selector).boundingBox())!.y
      expect(await top('.key-form')).toBeLessThan(await top('.stage'))
      await context.close()
    })

    it('shows a phone’s user the decision without scrolling', async () => {
      const { page, context } = await withKey({ ...PHONE, viewport: { width: 390, height: 664 } })
      await scoreSample(page)
      const card = (await page.locator('.headline').boundingBox())!
      const notice = (await page.locator('.notice').boundingBox())!
      expect(await page.evaluate(() => scrollY)).toBe(0)
      expect(card.y + card.height).toBeLessThan(notice.y)
      expect((await page.locator('.stage').boundingBox())!.y).toBeGreaterThan(card.y + card.height)
      await context.close()
    })

    it('does not hide what has the focus behind the disclaimer', async () => {
      const { page, context } = await withKey(PHONE)
      await scoreSample(page)
      const notice = page.locator('.notice')
      for (let i = 0; i < 30; i++) {
        await page.keyboard.press('Tab')
        const at = await page.evaluate(() => {
          const element = document.activeElement!
          const box = element.getBoundingClientRect()
          const own = element.closest('.notice, .skip') || element === document.body
          return own ? undefined : { name: element.textContent, middle: (box.top + box.bottom) / 2 }
        })
        const { y } = (await notice.boundingBox())!
        if (at) expect(at, `focus on ${at.name}`).toSatisfy(({ middle }) => middle < y)
      }
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
      await page.locator('.eyebrow', { hasText: 'Entscheidung' }).waitFor()
      expect(await page.locator('.score-name').allTextContents()).toContain('Pneumonie')
      await page.reload()
      await page.getByRole('button', { name: 'Liste leeren' }).waitFor()
      expect(await page.evaluate(() => document.documentElement.lang)).toBe('de')
      expect(await page.title()).toBe('Thorax-Röntgen-Screening')
      await context.close()
    })

    it('says what became of an image to screen readers', async () => {
      const { page, context } = await withKey()
      await sampleButton(page).click()
      await headline(page).waitFor()
      const spoken = page.locator('[aria-live=polite].hidden-words')
      await eventually(() => spoken.textContent()).toMatch(
        /^synthetic-sample\.png: (Above threshold|No finding|Undecided)/,
      )
      await context.close()
    })
  })

const focused = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement as HTMLInputElement
    const role = element.getAttribute('role') ?? element.type ?? element.tagName
    return `${role} ${element.getAttribute('aria-label') ?? (element.name || element.textContent)}`
  })
