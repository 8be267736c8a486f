import { describe, expect, it } from 'vitest'
import type { Stage } from '../page.test.ts'
import { findings } from '../support/axe.ts'
import { visit } from '../support/browser.ts'

export const batchesSuite = (stage: Stage) =>
  describe('batches', () => {
    it('are started from a list, show how they stand, and give their results', async () => {
      const { page, context } = await visit(stage.browser, `${stage.site.url}/#key=${stage.site.key}`)
      await page.getByRole('button', { name: 'Batches' }).click()
      const dialog = page.getByRole('dialog', { name: 'Batches' })
      await dialog.getByText('There is no batch yet.').waitFor()
      const list = [
        'id,url',
        ...[1, 2, 3].map((n) => `film ${n},${stage.archive.url}/${n}.png`),
        `gone,${stage.archive.url}/missing/4.png`,
      ]
      stage.archive.trouble.set('/missing/4.png', 404)
      await dialog.locator('input[type=file]').setInputFiles({
        name: 'ward 3.csv',
        mimeType: 'text/csv',
        buffer: Buffer.from(list.join('\n')),
      })
      const row = dialog.getByRole('listitem').filter({ hasText: 'ward 3.csv' })
      await row.getByText('completed').waitFor()
      await row.getByText('4 of 4 · 1 failed').waitFor()
      expect(
        await row
          .getByRole('progressbar', { name: 'ward 3.csv' })
          .evaluate((bar) => (bar as unknown as { position: number }).position),
      ).toBe(1)
      expect(await findings(page)).toEqual([])

      const saved = page.waitForEvent('download')
      await row.getByRole('combobox', { name: 'Save results: ward 3.csv' }).selectOption('csv')
      const file = await saved
      expect(file.suggestedFilename()).toBe('ward 3.csv.csv')
      const lines = Buffer.concat(await (await file.createReadStream()).toArray())
        .toString()
        .trimEnd()
        .split('\r\n')
      expect(lines.length).toBe(5)
      expect(lines.filter((line) => line.includes('source-missing'))).toHaveLength(1)

      stage.archive.trouble.clear()
      await row.getByRole('button', { name: 'Run failed ones again: ward 3.csv' }).click()
      await row.getByText('4 of 4', { exact: true }).waitFor()
      await context.close()
    })

    it('can be paused, resumed and cancelled; a list with an address that is not allowed says which line', async () => {
      const { page, context } = await visit(stage.browser, `${stage.site.url}/#key=${stage.site.key}`)
      await page.getByRole('button', { name: 'Batches' }).click()
      const dialog = page.getByRole('dialog', { name: 'Batches' })
      const choose = (name: string, lines: readonly string[]) =>
        dialog
          .locator('input[type=file]')
          .setInputFiles({ name, mimeType: '', buffer: Buffer.from(lines.join('\n')) })
      await choose('bad.ndjson', [JSON.stringify({ url: 'https://elsewhere.example.org/1.png' })])
      await dialog.getByRole('alert').getByText('line 1').waitFor()
      await choose(
        'large.ndjson',
        Array.from({ length: 2000 }, (_, n) => JSON.stringify({ url: `${stage.archive.url}/${n}.png` })),
      )
      const row = dialog.getByRole('listitem').filter({ hasText: 'large.ndjson' })
      await row.getByRole('button', { name: 'Pause: large.ndjson' }).click()
      await row.getByText('paused').waitFor()
      await row.getByRole('button', { name: 'Go on: large.ndjson' }).click()
      await row.getByText('running').waitFor()
      page.once('dialog', (question) => void question.accept())
      await row.getByRole('button', { name: 'Cancel: large.ndjson' }).click()
      await row.getByText('cancelled', { exact: true }).waitFor()
      await context.close()
    })
  })
