import { percent as sayPercent } from '@detl/core/answers/decision-text'
import { decide } from '@detl/core/api/decision'
import { DEFAULT_SETTINGS } from '@detl/core/api/default-settings'
import type { Screening } from '@detl/core/api/screening'
import type { Severity } from '@detl/core/lungs/severity'
import { LABELS } from '@detl/core/model/labels'
import { en } from '@detl/web/text/en'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { expectSameSeverity } from '../../support/same-severity.ts'
import type { Stage } from '../page.test.ts'
import {
  choose,
  eventually,
  headline,
  onDevice,
  savedResult,
  scoreSample,
  visit,
} from '../support/browser.ts'
import { invertedFile } from '../support/files.ts'
import { readManifest } from '../support/site.ts'

export const viewerSuite = (stage: Stage) =>
  describe('looking at a result', () => {
    const withKey = () => visit(stage.browser, `${stage.site.url}/#key=${stage.site.key}`)

    it('shows the heat map as strongly as is asked, or not at all', async () => {
      const { page, context } = await withKey()
      await scoreSample(page)
      const opacity = () =>
        page
          .locator('.film canvas')
          .last()
          .evaluate((canvas) => canvas.style.opacity)
      expect(await opacity()).toBe('0.6')
      await page.getByRole('slider', { name: 'Strength' }).fill('0.25')
      await eventually(opacity).toBe('0.25')
      await page.getByRole('checkbox', { name: 'Show the heat map' }).uncheck()
      await eventually(opacity).toBe('0')
      await page.getByRole('img', { name: 'without a heat map' }).waitFor()
      await context.close()
    })

    const seen: (Severity | undefined)[] = []
    it.each(['endpoint', 'device'])(
      'shows how much of the lungs is opaque, with ranges and what it is not, and the zones over the image (%s)',
      async (place) => {
        const { page, context } = await withKey()
        if (place === 'device') await onDevice(page)
        await scoreSample(page)
        const card = page.locator('.severity')
        expect(await card.locator('.severity-line').textContent()).toMatch(
          /^[\d.]+ \(range [\d.]+ to [\d.]+\) of 18 points; Right lung \d+ % \(range .*Left lung/,
        )
        expect(await card.locator('tbody td b').allTextContents()).toEqual(['A', 'D', 'B', 'E', 'C', 'F'])
        expect(await card.textContent()).toContain('no Brixia and no RALE score')
        expect(await page.locator('.zones').count()).toBe(0)
        await card.getByRole('checkbox', { name: 'Show the zones on the image' }).check()
        const film = (await page.locator('.film').boundingBox())!
        const boxes = await page
          .locator('.zones polygon')
          .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON() as DOMRect))
        expect(boxes).toHaveLength(6)
        for (const { x, y, width, height } of boxes) {
          expect(x).toBeGreaterThanOrEqual(film.x - 1)
          expect(x + width).toBeLessThanOrEqual(film.x + film.width + 1)
          expect(y + height).toBeLessThanOrEqual(film.y + film.height + 1)
        }
        expect(boxes[0]!.x).toBeLessThan(boxes[3]!.x) // the patient's right lung is at the left
        seen.push((await savedResult(page)).severity)
        if (seen.length === 2) expectSameSeverity(seen[0], seen[1])
        await context.close()
      },
    )

    it('zooms with the wheel at the pointer, moves by dragging, fits again', async () => {
      const { page, context } = await withKey()
      await scoreSample(page)
      const stageBox = (await page.locator('.stage').boundingBox())!
      const film = () => page.locator('.film').boundingBox()
      const fitted = (await film())!
      const [x, y] = [fitted.x + fitted.width * 0.75, stageBox.y + stageBox.height / 2]
      await page.mouse.move(x, y)
      await page.mouse.wheel(0, -600)
      await eventually(async () => (await film())!.width).toBeGreaterThan(fitted.width * 1.5)
      const zoomed = (await film())!
      // The point below the pointer is the same one: three quarters from the left.
      expect((x - zoomed.x) / zoomed.width).toBeCloseTo(0.75, 2)
      await page.mouse.down()
      await page.mouse.move(x - 40, y + 30)
      await page.mouse.up()
      await eventually(async () => Math.round((await film())!.x - zoomed.x)).toBe(-40)
      expect(Math.round((await film())!.y - zoomed.y)).toBe(30)
      await page.getByRole('button', { name: 'Fit to view' }).click()
      await eventually(async () => (await film())!.width).toBe(fitted.width)
      await context.close()
    })

    it('changes the window by dragging, draws it, and goes back to what the model saw', async () => {
      const { page, context } = await withKey()
      await scoreSample(page)
      const shown = () => page.locator('.window output').allTextContents()
      const pixels = () => page.locator('.film canvas').first().evaluate(imageOf)
      const [before, drawn] = [await shown(), await pixels()]
      await page.getByRole('radio', { name: 'Window' }).check({ force: true })
      const box = (await page.locator('.stage').boundingBox())!
      await page.mouse.move(box.x + 200, box.y + 200)
      await page.mouse.down()
      await page.mouse.move(box.x + 120, box.y + 260)
      await page.mouse.up()
      await eventually(shown).not.toEqual(before)
      expect(await pixels()).not.toBe(drawn)
      await page.getByRole('button', { name: 'As the model saw it' }).click()
      await eventually(shown).toEqual(before)
      expect(await pixels()).toBe(drawn)
      await context.close()
    })

    it('marks the operating point on each bar where the manifest has it, and says it in words', async () => {
      const { page, context } = await withKey()
      await scoreSample(page)
      const points = readManifest().operatingPoints!
      for (const label of LABELS) {
        const threshold = points[label]!.balanced!.threshold
        const score = page.locator('.score', { hasText: en.labels[label]!.explained })
        const place = await score
          .locator('.bar-mark')
          .evaluate(({ offsetLeft, parentElement }: HTMLElement) => ({
            at: offsetLeft + 1, // half the mark's width
            of: parentElement!.clientWidth,
          }))
        expect(Math.abs(place.at / place.of - threshold)).toBeLessThan(0.01)
        const words = await score.locator('.score-verdict').textContent()
        expect(words).toMatch(new RegExp(`^(above|below) the threshold of ${sayPercent(threshold, 'en')}$`))
      }
      await page.getByText('thresholds of the balanced operating point').waitFor()
      await context.close()
    })

    it('says in the headline and in the list what the decision is, not which score is highest', async () => {
      const { page, context } = await withKey()
      await page.route('**/v1/screenings', async (route) => {
        const response = await route.fetch()
        const answer = (await response.json()) as Screening
        const probabilities = { normal: 0.2, other_disease: 0.38, pneumonia: 0.08, covid19: 0.34 }
        const decision = decide(readManifest(), DEFAULT_SETTINGS, { probabilities, outOfDistribution: null })
        await route.fulfill({
          response,
          json: { ...answer, probabilities, label: 'other_disease', decision: { ...decision, headline: '' } },
        })
      })
      await scoreSample(page)
      expect(await headline(page).textContent()).toMatch(
        /^Above threshold: COVID-19 34 % \(threshold [\d.]+ %\)$/,
      )
      expect(await page.locator('.row-state').textContent()).toBe('Above threshold: COVID-19 34 %')
      expect(await page.locator('.score:has(:checked) .score-name').textContent()).toBe('COVID-19')
      await page.getByRole('combobox', { name: 'Language' }).selectOption('de')
      expect(await headline(page).textContent()).toContain('Über der Schwelle: COVID-19 34 %')
      await context.close()
    })

    it('warns of an image that had to be put right', async () => {
      const { page, context } = await withKey()
      await choose(page, [await invertedFile(9)])
      await headline(page).waitFor()
      expect(await page.locator('.caution').textContent()).toContain('It was inverted')
      await context.close()
    })

    it('says who scored, also where that was the edge', async () => {
      const { page, context } = await withKey()
      await scoreSample(page)
      expect(await servedBy(page)).toContain('on the model server')
      await page.route('**/v1/screenings', async (route) => {
        const response = await route.fetch()
        await route.fulfill({ response, json: { ...(await response.json()), servedBy: 'edge' } })
      })
      await page.getByRole('button', { name: 'Clear the list' }).click()
      await scoreSample(page)
      expect(await servedBy(page)).toContain('at the edge')
      await context.close()
    })
  })

const servedBy = (page: Page) => page.locator('details.details').textContent()

const imageOf = (canvas: unknown) => (canvas as HTMLCanvasElement).toDataURL()
