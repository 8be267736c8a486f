import { describe, expect, it } from 'vitest'
import type { Stage } from '../page.test.ts'
import { findings } from '../support/axe.ts'
import { pngFile } from '../support/files.ts'

export const referenceSuite = (stage: Stage) =>
  describe('the API reference', () => {
    it('renders Markdown, and sends a screening under its own policy', async () => {
      const context = await stage.browser.newContext({ serviceWorkers: 'block' })
      const page = await context.newPage()
      page.setDefaultTimeout(30_000)
      const complaints: string[] = []
      page.on('console', (message) => {
        if (message.type() === 'error' && !message.location().url.endsWith('favicon.ico'))
          complaints.push(message.text())
      })
      await page.goto(`${stage.site.url}/v1/docs`)
      expect(await page.locator('.info strong').textContent()).toBe(
        'Research software, not a medical device.',
      )
      expect(await page.locator('.info').textContent()).not.toContain('**')
      expect(await findings(page)).toEqual([])
      await page.getByRole('button', { name: 'Authorize' }).click()
      await page.locator('.modal-ux input').first().fill(stage.site.key)
      await page.locator('.modal-ux button.authorize').first().click()
      await page.locator('.modal-ux button.btn-done').first().click()

      const operation = page.locator('#operations-screening-createScreening')
      await operation.locator('.opblock-summary-control').click()
      await operation.getByRole('button', { name: 'Try it out' }).click()
      await operation.locator('.body-param-content-type select').selectOption('image/png')
      await operation.locator('input[type=file]').setInputFiles(await pngFile(5))
      await operation.getByRole('button', { name: 'Execute' }).click()
      const answer = operation.locator('.live-responses-table tbody')
      await answer.waitFor()
      expect(await answer.locator('.response-col_status').textContent()).toContain('200')
      expect(await answer.textContent()).toContain('"outcome"')
      expect(complaints).toEqual([])
      await context.close()
    })
  })
