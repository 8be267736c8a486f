import { codecs } from '@detl/codecs/modules'
import { decodeImage } from '@detl/core/image/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { Stage } from '../page.test.ts'
import { choose, eventually, headline, onDevice, sampleButton, visit } from '../support/browser.ts'
import { dicomFile } from '../support/files.ts'

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
      expect(file.suggestedFilename()).toBe('synthetic-sample.overlay.png')
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

    /** Presses the buttons of reports. */
    const reports = async (page: Page) => {
      const saved = async (name: string) => {
        const download = page.waitForEvent('download')
        await page.getByRole('button', { name }).click()
        const file = await download
        return {
          name: file.suggestedFilename(),
          bytes: Buffer.concat(await (await file.createReadStream()).toArray()),
        }
      }
      return {
        fhir: await saved('FHIR report'),
        sr: await saved('DICOM report (SR)'),
        sc: await saved('DICOM image (SC)'),
        pdf: await saved('DICOM print-out (PDF)'),
      }
    }
    const SOP_CLASSES = {
      sr: '1.2.840.10008.5.1.4.1.1.88',
      sc: '1.2.840.10008.5.1.4.1.1.7',
      pdf: '1.2.840.10008.5.1.4.1.1.104.1',
    }

    it.each(['the endpoint', 'this device'])(
      'saves FHIR, SR, SC and Encapsulated PDF of %s, under names of their own',
      async (where) => {
        const { page, context } = await visit(stage.browser, `${stage.site.url}/#key=${stage.site.key}`)
        const sent: string[] = []
        page.on('request', (request) => sent.push(`${request.method()} ${new URL(request.url()).pathname}`))
        if (where === 'this device') await onDevice(page)
        await choose(page, [dicomFile(3, 'chest-3.dcm')])
        await headline(page).waitFor()
        const { fhir, sr, sc, pdf } = await reports(page)
        expect([fhir.name, sr.name, sc.name, pdf.name]).toEqual([
          'chest-3.fhir.json',
          'chest-3.sr.dcm',
          'chest-3.sc.dcm',
          'chest-3.pdf.dcm',
        ])
        const report = JSON.parse(fhir.bytes.toString())
        expect(report.resourceType).toBe('DiagnosticReport')
        expect(report.conclusion).toContain(await headline(page).textContent())
        for (const [object, sopClass] of [
          [sr, SOP_CLASSES.sr],
          [sc, SOP_CLASSES.sc],
          [pdf, SOP_CLASSES.pdf],
        ] as const) {
          expect(object.bytes.subarray(128, 132).toString()).toBe('DICM')
          expect(object.bytes.toString('latin1')).toContain(sopClass)
        }
        if (where === 'this device') expect(sent.filter((line) => line.startsWith('POST'))).toEqual([])
        await context.close()
      },
    )

    it('prints patient, study and accession number of a DICOM file, unless they are to be left out', async () => {
      const { page, context } = await visit(stage.browser, `${stage.site.url}/#key=${stage.site.key}`)
      const file = dicomFile(6, 'chest-6.dcm', {
        patient: 'Example^Ada',
        id: 'P-17',
        study: '1.2.3.4',
        accession: 'A-99',
      })
      await choose(page, [file])
      await headline(page).waitFor()
      const facts = () => page.locator('.print-only').textContent()
      await eventually(facts).toContain('P-17')
      for (const told of ['Ada', '1.2.3.4', 'A-99']) expect(await facts()).toContain(told)
      await page.getByRole('checkbox', { name: 'Print patient and study' }).uncheck()
      for (const told of ['Ada', 'P-17', '1.2.3.4', 'A-99']) expect(await facts()).not.toContain(told)
      await page.reload()
      await headline(page).waitFor()
      await page.getByRole('checkbox', { name: 'Print patient and study' }).waitFor()
      expect(await facts()).not.toContain('P-17')
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
      expect(await page.getByRole('button', { name: 'DICOM' }).count()).toBe(0)
      await context.close()
    })
  })
