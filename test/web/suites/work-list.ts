import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decide } from '@detl/core/api/decision'
import { DEFAULT_SETTINGS } from '@detl/core/api/default-settings'
import type { Screening } from '@detl/core/api/screening'
import { parse } from 'csv-parse/sync'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { Stage } from '../page.test.ts'
import { choose, eventually, headline, visit } from '../support/browser.ts'
import { dicomFile, pngFile } from '../support/files.ts'
import { readManifest } from '../support/site.ts'

/** Scores of an image, by its place among those that are sent. */
const SCORES = [
  { normal: 0.9, other_disease: 0.05, pneumonia: 0.03, covid19: 0.02 }, // no finding
  { normal: 0.05, other_disease: 0.05, pneumonia: 0.4, covid19: 0.5 }, // flagged
  { normal: 0.25, other_disease: 0.38, pneumonia: 0.28, covid19: 0.09 }, // undecided
  { normal: 0.1, other_disease: 0.05, pneumonia: 0.05, covid19: 0.8 }, // flagged, further above
] as const

export const workListSuite = (stage: Stage) =>
  describe('the work list', () => {
    const withKey = () => visit(stage.browser, `${stage.site.url}/#key=${stage.site.key}`)
    const names = (page: Page) => page.locator('.row-name').allTextContents()

    /** Four images with a decision of each kind, one after the other so that each gets its own. */
    async function fourKinds() {
      const visitor = await withKey()
      const { page } = visitor
      let sent = 0
      await page.route('**/v1/screenings', async (route) => {
        const probabilities = SCORES[sent++]!
        const response = await route.fetch()
        const answer = (await response.json()) as Screening
        const decision = decide(readManifest(), DEFAULT_SETTINGS, { probabilities, outOfDistribution: null })
        await route.fulfill({
          response,
          json: { ...answer, probabilities, decision: { ...decision, headline: '' } },
        })
      })
      for (const [i, name] of ['c10.png', '=b.png', 'c9.png', 'a.png'].entries()) {
        await choose(page, [await pngFile(i, name)])
        await page.getByText(`${i + 1} of ${i + 1} done`).waitFor()
      }
      await choose(page, [{ name: 'bad.png', mimeType: 'image/png', buffer: Buffer.from('no image') }])
      await page.getByText('5 of 5 done').waitFor()
      return visitor
    }

    it('flags, filters by decision and by name, and puts what is flagged most clearly first', async () => {
      const { page, context } = await fourKinds()
      expect(await page.locator('[data-kind=flagged] .row-name').allTextContents()).toEqual([
        '=b.png',
        'a.png',
      ])
      expect(await page.locator('[data-kind=flagged] .row-state').last().textContent()).toBe(
        'Above threshold: COVID-19 80 %',
      )
      expect(await page.locator('[data-kind=undecided] .row-state').textContent()).toBe('Undecided')
      const show = page.getByRole('combobox', { name: 'Show' })
      expect(await show.locator('option').allTextContents()).toEqual([
        'All (5)',
        'Above threshold (2)',
        'Undecided (1)',
        'No finding (1)',
        'Not scored (1)',
      ])
      const order = page.getByRole('combobox', { name: 'Order' })
      await order.selectOption('urgent')
      await eventually(() => names(page)).toEqual(['a.png', '=b.png', 'c9.png', 'bad.png', 'c10.png'])
      await order.selectOption('name')
      await page.getByRole('searchbox').fill('C')
      await eventually(() => names(page)).toEqual(['c9.png', 'c10.png'])
      await show.selectOption('clear')
      await eventually(() => names(page)).toEqual(['c10.png'])
      expect(await page.getByRole('status').allTextContents()).toContain('1 of 5 shown')
      await context.close()
    })

    it('saves what is shown as a table that no spreadsheet takes for formulas', async () => {
      const { page, context } = await fourKinds()
      const download = page.waitForEvent('download')
      await page.getByRole('button', { name: 'CSV' }).click()
      const text = Buffer.concat(await (await (await download).createReadStream()).toArray()).toString()
      const rows = parse<Record<string, string>>(text, { columns: true })
      expect(
        rows.map(({ file, decision, above_threshold, error }) => [file, decision, above_threshold, error]),
      ).toEqual([
        ['c10.png', 'below-thresholds', '', ''],
        ["'=b.png", 'above-threshold', 'covid19 pneumonia', ''],
        ['c9.png', 'undecided', '', ''],
        ['a.png', 'above-threshold', 'covid19', ''],
        ['bad.png', '', '', 'image-unsupported'],
      ])
      expect(rows[1]).toMatchObject({
        score_covid19: '0.5',
        above_threshold_normal: 'false',
        scored_by: 'gpu',
      })
      await context.close()
    })

    it('prints a page of each image that was scored', async () => {
      const { page, context } = await fourKinds()
      await page.evaluate(() => {
        URL.revokeObjectURL = () => undefined
        window.print = () =>
          document.querySelector('#app')!.append(document.querySelector('.sheets')!.cloneNode(true))
      })
      await page.getByRole('button', { name: 'Print all' }).click()
      await page.locator('.sheet').nth(3).waitFor({ state: 'attached' })
      const sheets = await page.locator('.sheet').allTextContents()
      expect(sheets.map((text) => /(Above|No finding|Undecided)/.exec(text)?.[0])).toEqual([
        'No finding',
        'Above',
        'Undecided',
        'Above',
      ])
      for (const text of sheets) expect(text).toContain('Research software, not a medical device')
      const pdf = await page.pdf({ format: 'A4', preferCSSPageSize: true })
      expect(pdf.toString('latin1').match(/\/Type *\/Page\b/g)).toHaveLength(4)
      await context.close()
    })

    it('takes a folder: the images in it, whatever they are called, and nothing hidden', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'detl-folder-'))
      mkdirSync(join(folder, 'study', 'deep'), { recursive: true })
      const files = {
        'study/one.png': (await pngFile(1)).buffer,
        'study/deep/IM0001': dicomFile(2).buffer,
        'study/.hidden.png': (await pngFile(3)).buffer,
        'study/DICOMDIR': dicomFile(4).buffer,
        'notes.txt': Buffer.from('no image'),
      }
      for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes)
      const { page, context } = await withKey()
      try {
        await page.locator('input[webkitdirectory]').setInputFiles(folder)
        await page.getByText('2 of 2 done').waitFor()
        const rows = await page
          .locator('.row-main')
          .evaluateAll((found) => found.map((row) => row.getAttribute('title') ?? ''))
        expect(rows.map((title) => title.split('/').slice(1).join('/')).toSorted()).toEqual([
          'study/deep/IM0001',
          'study/one.png',
        ])
      } finally {
        await context.close()
        rmSync(folder, { recursive: true })
      }
    })

    it('is there again after a reload, without asking the endpoint again, until it is cleared', async () => {
      const { page, context } = await withKey()
      await choose(page, [await pngFile(5), await pngFile(6)])
      await page.getByText('2 of 2 done').waitFor()
      await headline(page).waitFor()
      const before = await page.locator('.row-state').allTextContents()
      const asked: string[] = []
      page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`))
      await page.reload()
      await page.getByText('2 of 2 done').waitFor()
      expect(await page.locator('.row-state').allTextContents()).toEqual(before)
      await page.locator('.film canvas').first().waitFor()
      expect(await page.locator('.thumb img').count()).toBe(2)
      expect(asked).not.toContain('POST /v1/screenings')
      await page.getByRole('button', { name: 'Clear the list' }).click()
      await page.locator('.intake').waitFor()
      await eventually(() => storedItems(page)).toBe(0)
      await page.reload()
      await page.locator('.intake').waitFor()
      await context.close()
    })

    it('forgets what is older than a day', async () => {
      const { page, context } = await withKey()
      await choose(page, [await pngFile(7)])
      await page.getByText('1 of 1 done').waitFor()
      await eventually(() => storedItems(page)).toBe(1)
      await page.clock.setFixedTime(Date.now() + 25 * 3600 * 1000)
      await page.reload()
      await page.locator('.intake').waitFor()
      await eventually(() => storedItems(page)).toBe(0)
      await context.close()
    })
  })

/** How many images this browser holds on disk. */
const storedItems = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const opening = indexedDB.open('detl-work-list')
        opening.onerror = () => reject(opening.error)
        opening.onsuccess = () => {
          const counting = opening.result.transaction('items').objectStore('items').count()
          counting.onsuccess = () => resolve(counting.result)
          counting.onerror = () => reject(counting.error)
        }
      }),
  )
