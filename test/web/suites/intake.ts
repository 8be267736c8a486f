import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { Stage } from '../page.test.ts'
import { choose, headline, PHONE, visit } from '../support/browser.ts'
import { dicomFile, pngFile } from '../support/files.ts'

export const intakeSuite = (stage: Stage) =>
  describe('the ways in', () => {
    const withKey = (options = {}) =>
      visit(stage.browser, `${stage.site.url}/#key=${stage.site.key}`, options)

    it('takes files that are dropped, and shows where while they are held over the page', async () => {
      const { page, context } = await withKey()
      const { buffer } = await pngFile(31)
      await bring(page, 'dragover', buffer)
      await page.getByText('Drop to screen').waitFor()
      await bring(page, 'drop', buffer)
      await page.getByText('Drop to screen').waitFor({ state: 'hidden' })
      await headline(page).waitFor()
      expect(await page.locator('.row-name').textContent()).toBe('held.png')
      await context.close()
    })

    it('takes an image that is pasted, and leaves pasted words alone', async () => {
      const { page, context } = await withKey()
      await page.evaluate(() => {
        const clipboardData = new DataTransfer()
        clipboardData.setData('text/plain', 'words')
        window.dispatchEvent(new ClipboardEvent('paste', { clipboardData }))
      })
      expect(await page.locator('.row-name').count()).toBe(0)
      await bring(page, 'paste', (await pngFile(32)).buffer)
      await headline(page).waitFor()
      expect(await page.locator('.row-name').textContent()).toBe('held.png')
      await context.close()
    })

    it('shows names, patients and errors with markup as text, and in the order of their letters', async () => {
      const markup = '<img src=x onerror="document.title=1">'
      const { page, context } = await withKey()
      const title = await page.title()
      const film = dicomFile(37, `${markup}\u202egnp.dcm`, {
        patient: `${markup}^T`,
        id: markup,
        study: '1.2.3',
      })
      await choose(page, [film])
      await headline(page).waitFor()
      expect(await page.locator('.row-name').textContent()).toBe(`${markup}gnp.dcm`)
      await page.getByText('Details').first().click()
      const problem = {
        type: '/problems/image-unsuitable',
        title: markup,
        status: 422,
        detail: markup,
        code: 'x',
      }
      await page.route('**/v1/screenings', (route) =>
        route.fulfill({
          status: 422,
          contentType: 'application/problem+json',
          body: JSON.stringify(problem),
        }),
      )
      await choose(page, [await pngFile(38, `${markup}.png`)])
      await page.getByText('2 of 2 done').waitFor()
      await page.emulateMedia({ media: 'print' })
      expect(await page.locator('img[src="x"]').count()).toBe(0)
      expect(await page.title()).toBe(title)
      await context.close()
    })

    it('asks a phone for its camera, and a desk for none', async () => {
      const phone = await withKey(PHONE)
      const button = phone.page.getByRole('button', { name: 'Take a photograph' })
      const camera = phone.page.waitForEvent('filechooser')
      await button.tap()
      const chooser = await camera
      expect(await chooser.element().getAttribute('capture')).toBe('environment')
      await chooser.setFiles([await pngFile(33, 'photograph.png')])
      await headline(phone.page).waitFor()
      await phone.context.close()

      const desk = await withKey()
      expect(await desk.page.getByRole('button', { name: 'Take a photograph' }).isVisible()).toBe(false)
      await desk.context.close()
    })

    it('opens the file dialog for several files at once', async () => {
      const { page, context } = await withKey()
      const dialog = page.waitForEvent('filechooser')
      await page.getByRole('button', { name: 'Choose images' }).click()
      const chooser = await dialog
      expect(chooser.isMultiple()).toBe(true)
      await chooser.setFiles([await pngFile(34), await pngFile(35)])
      await page.getByText('2 of 2 done').waitFor()
      await context.close()
    })
  })

/** What a browser does when a file is dragged, dropped or pasted by hand. */
const bring = (page: Page, type: 'dragover' | 'drop' | 'paste', file: Buffer) =>
  page.evaluate(
    ({ type, base64 }) => {
      const data = new DataTransfer()
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
      data.items.add(new File([bytes], 'held.png', { type: 'image/png' }))
      const options = { bubbles: true, cancelable: true }
      const event =
        type === 'paste'
          ? new ClipboardEvent(type, { ...options, clipboardData: data })
          : new DragEvent(type, { ...options, dataTransfer: data })
      document.body.dispatchEvent(event)
    },
    { type, base64: file.toString('base64') },
  )
