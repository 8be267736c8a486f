import { codecs } from '@detl/codecs/modules'
import { decodeImage } from '@detl/core/image/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { describe, expect, it } from 'vitest'
import type { Stage } from '../page.test.ts'
import { headline, sampleButton, visit } from '../support/browser.ts'

export const exportsSuite = (stage: Stage) =>
  describe('saving', () => {
    const scored = async () => {
      const visitor = await visit(stage.browser, `${stage.site.url}/#key=${stage.site.key}`)
      await sampleButton(visitor.page).click()
      await headline(visitor.page).waitFor()
      return visitor
    }

    it('saves a PNG of the image with a caption below', async () => {
      const { page, context } = await scored()
      const download = page.waitForEvent('download')
      await page.getByRole('button', { name: 'PNG', exact: true }).click()
      const file = await download
      expect(file.suggestedFilename()).toBe('synthetic-sample.png')
      const bytes = Buffer.concat(await (await file.createReadStream()).toArray())
      const { source } = await decodeImage(new Uint8Array(bytes), { limits: DEFAULT_LIMITS, codecs })
      expect(source.width).toBe(1024)
      expect(source.height).toBeGreaterThan(1024)
      expect(source.chroma).toBeGreaterThan(0)
      await context.close()
    })

    it('prints image, scores and disclaimer, without the controls', async () => {
      const { page, context } = await scored()
      await page.emulateMedia({ media: 'print' })
      for (const shown of ['.film', '.headline', '.scores', '.notice']) {
        expect(await page.locator(shown).isVisible()).toBe(true)
      }
      for (const hidden of ['.list', '.tools', '.top-controls', '.exports', '.score input >> nth=0']) {
        expect(await page.locator(hidden).isVisible()).toBe(false)
      }
      const facts = await page.locator('.print-only').textContent()
      for (const told of ['synthetic-sample.png', 'detl-128', 'Heat map', 'Date', 'Request'])
        expect(facts).toContain(told)
      for (const format of ['A4', 'Letter']) {
        const pdf = await page.pdf({ format, preferCSSPageSize: true })
        expect(pdf.toString('latin1').match(/\/Type *\/Page\b/g)).toHaveLength(1)
      }
      await context.close()
    })

    it('names a PDF after the image', async () => {
      const { page, context } = await scored()
      await page.evaluate(() => {
        window.print = () => document.body.setAttribute('data-printed', document.title)
      })
      await page.getByRole('button', { name: 'Print or PDF' }).click()
      expect(await page.locator('body').getAttribute('data-printed')).toBe('synthetic-sample')
      expect(await page.title()).toBe('Chest X-ray screening')
      await context.close()
    })

    it('saves the endpoint’s FHIR report and DICOM object of the same screening', async () => {
      const { page, context } = await scored()
      const saved = async (name: string) => {
        const download = page.waitForEvent('download')
        await page.getByRole('button', { name }).click()
        return Buffer.concat(await (await (await download).createReadStream()).toArray())
      }
      const report = JSON.parse((await saved('FHIR report')).toString())
      expect(report.resourceType).toBe('DiagnosticReport')
      expect((await saved('DICOM')).subarray(128, 132).toString()).toBe('DICM')
      await context.close()
    })

    it('shows FHIR and DICOM only where the endpoint offers them', async () => {
      const { page, context } = await visit(stage.browser, stage.site.url)
      const content = { 'application/json': {}, 'application/fhir+json': {} }
      await page.route('**/openapi.json', (route) =>
        route.fulfill({
          json: { paths: { '/v1/screenings': { post: { responses: { 200: { content } } } } } },
        }),
      )
      await page.goto(`${stage.site.url}/?again#key=${stage.site.key}`)
      await sampleButton(page).click()
      await headline(page).waitFor()
      expect(await page.getByRole('button', { name: 'FHIR report' }).isVisible()).toBe(true)
      expect(await page.getByRole('button', { name: 'DICOM' }).isVisible()).toBe(false)
      await context.close()
    })
  })
