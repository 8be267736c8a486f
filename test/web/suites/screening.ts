import { describe, expect, it } from 'vitest'
import type { Stage } from '../page.test.ts'
import { choose, headline, problem, sampleButton, savedResult, visit } from '../support/browser.ts'
import { dicomFile, pngFile } from '../support/files.ts'

export const screeningSuite = (stage: Stage) =>
  describe('screening through the endpoint', () => {
    const withKey = () => visit(stage.browser, `${stage.site.url}/#key=${stage.site.key}`)

    it('takes the key from the address, removes it there, and forgets it with the tab', async () => {
      const { page, context } = await withKey()
      expect(page.url()).toBe(`${stage.site.url}/`)
      expect(await page.evaluate(() => sessionStorage.getItem('detl.key'))).toBe(stage.site.key)
      expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain(stage.site.key)
      await context.close()
    })

    it('scores the synthetic sample and draws a heat map for each class', async () => {
      const { page, context, complaints } = await withKey()
      await sampleButton(page).click()
      await headline(page).waitFor()
      expect(await page.locator('.stage-badge').textContent()).toBe('Synthetic image, not a patient')
      const shares = await page.locator('.score-value').allTextContents()
      expect(shares).toHaveLength(4)
      const total = shares.reduce((sum, share) => sum + Number.parseFloat(share.replace(/[^\d.]/g, '')), 0)
      expect(total).toBeGreaterThanOrEqual(97)
      expect(total).toBeLessThanOrEqual(103)
      const drawn = new Set<string>()
      for (const name of ['Normal', 'Other disease', 'Pneumonia', 'COVID-19']) {
        await page.getByRole('radio', { name: new RegExp(`^${name}`) }).check()
        await page.getByRole('img', { name: `with the heat map for ${name}` }).waitFor()
        drawn.add(
          await page.evaluate(() =>
            document.querySelectorAll<HTMLCanvasElement>('.film canvas')[1]!.toDataURL(),
          ),
        )
      }
      // Classes without evidence share the empty map.
      const { heatmaps } = await savedResult(page)
      const empty = heatmaps.filter(({ max }) => max === 0).length
      expect(drawn.size).toBe(4 - Math.max(0, empty - 1))
      expect(complaints).toEqual([])
      await context.close()
    })

    it('scores a DICOM file and shows it in its own grey levels', async () => {
      const { page, context } = await withKey()
      await choose(page, [dicomFile(3)])
      await headline(page).waitFor()
      await page.getByText('Details').click()
      expect(await page.locator('details.details').textContent()).toContain('256 × 256 · DICOM')
      await page.getByRole('button', { name: 'Full range' }).click()
      expect(await page.getByRole('slider', { name: 'Width' }).getAttribute('aria-valuetext')).toBe('4095')
      await context.close()
    })

    it('sends the tensor alone, and the image only for a file that is made from it', async () => {
      const { page, context } = await withKey()
      const sent: { type: string | undefined; replayed: string | undefined }[] = []
      page.on('response', (response) => {
        const request = response.request()
        if (request.method() !== 'POST' || !request.url().endsWith('/v1/screenings')) return
        const type = request.headers()['content-type']
        const replayed = response.headers()['idempotency-replayed']
        sent.push({ type, replayed })
      })
      await choose(page, [dicomFile(8)])
      await headline(page).waitFor()
      expect(sent).toEqual([{ type: 'application/vnd.detl.tensor', replayed: undefined }])

      const saved = page.waitForEvent('download')
      await page.getByRole('button', { name: 'FHIR report' }).click()
      await saved
      await expect.poll(() => sent.length).toBe(2)
      expect(sent[1]).toEqual({ type: 'application/dicom', replayed: 'true' })
      await context.close()
    })

    it('asks for a key where one is missing, and goes on with it', async () => {
      const { page, context } = await visit(stage.browser, stage.site.url)
      await sampleButton(page).click()
      const field = page.getByRole('textbox', { name: 'Key', exact: true })
      await page.getByRole('checkbox', { name: 'Show the key' }).check()
      await field.fill('not a key')
      await page.getByRole('button', { name: 'Use this key' }).click()
      expect(await problem(page).textContent()).toContain('begins with detl_')
      await field.fill(stage.site.key)
      await page.getByRole('button', { name: 'Use this key' }).click()
      await headline(page).waitFor()
      await context.close()
    })

    it('says that a key is not accepted', async () => {
      const { page, context } = await visit(stage.browser, `${stage.site.url}/#key=detl_test_nobody_has_this`)
      await sampleButton(page).click()
      await problem(page).waitFor()
      expect(await problem(page).textContent()).toContain('This API key is not accepted')
      await context.close()
    })

    it.each([
      ['a damaged PNG', Buffer.from('89504e470d0a1a0a0000', 'hex'), 'The file is damaged or incomplete'],
      ['a PDF', Buffer.from('%PDF-1.7'), 'This kind of file cannot be read'],
      ['an empty file', Buffer.alloc(0), 'The file is empty'],
    ])('explains %s without sending it', async (_, buffer, message) => {
      const { page, context } = await withKey()
      const sent: string[] = []
      page.on('request', (request) => sent.push(new URL(request.url()).pathname))
      await choose(page, [{ name: 'file.png', mimeType: 'image/png', buffer }])
      await problem(page).waitFor()
      expect(await problem(page).textContent()).toContain(message)
      expect(sent).not.toContain('/v1/screenings')
      await context.close()
    })

    it('shows the endpoint’s own words for a problem it does not know', async () => {
      const { page, context } = await withKey()
      await page.route('**/v1/screenings', (route) =>
        route.fulfill({
          status: 418,
          contentType: 'application/problem+json',
          body: JSON.stringify({
            type: '/problems/from-the-future',
            title: 'Something new went wrong',
            detail: 'with its detail',
            instance: 'urn:uuid:1234',
          }),
        }),
      )
      await sampleButton(page).click()
      await problem(page).waitFor()
      const words = await problem(page).textContent()
      for (const part of ['Something new went wrong', 'with its detail', '1234'])
        expect(words).toContain(part)
      await context.close()
    })

    it('offers the device when the endpoint is away', async () => {
      const { page, context } = await withKey()
      await page.route('**/v1/screenings', (route) => route.abort())
      await sampleButton(page).click()
      await problem(page).waitFor()
      expect(await problem(page).textContent()).toContain('The endpoint cannot be reached')
      await page.getByRole('button', { name: 'Score on this device' }).click()
      await headline(page).waitFor()
      await context.close()
    })

    it('works through a list of 20 with progress, and one bad file stops nothing', async () => {
      const { page, context } = await withKey()
      const files = await Promise.all(Array.from({ length: 19 }, (_, i) => pngFile(i)))
      files.splice(7, 0, { name: 'bad.png', mimeType: 'image/png', buffer: Buffer.from('no image') })
      await choose(page, files)
      await page.getByText('20 of 20 done').waitFor({ timeout: 60_000 })
      expect(await page.locator('[data-status=done]').count()).toBe(19)
      expect(await page.locator('[data-status=failed]').textContent()).toContain('bad.png')
      await page.locator('[data-status=done] .row-main').nth(12).click()
      await headline(page).waitFor()
      await page.getByRole('button', { name: 'Remove bad.png' }).click()
      await page.getByText('19 of 19 done').waitFor()
      await context.close()
    })
  })
