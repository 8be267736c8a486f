import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { Stage } from '../page.test.ts'
import { findings } from '../support/axe.ts'
import { choose, eventually, onDevice, PHONE, visit } from '../support/browser.ts'
import { dicomFile, pngFile } from '../support/files.ts'

const scored = (page: Page) => page.locator('.row-item[data-status=done]').count()
const open = async (page: Page) => {
  await page.getByRole('button', { name: 'Compare films' }).click()
  return page.getByRole('dialog', { name: 'Films of one patient, compared' })
}

/** Each form of the comparison that is shown, by the name of its file. */
async function savedOf(page: Page): Promise<Record<string, Buffer>> {
  const buttons = page.getByRole('dialog').getByRole('region', { name: 'Save' })
  const files: Record<string, Buffer> = {}
  for (const name of ['PNG', 'FHIR report', 'DICOM report (SR)']) {
    const download = page.waitForEvent('download')
    await buttons.getByRole('button', { name, exact: true }).click()
    const file = await download
    files[file.suggestedFilename()] = await readFile(await file.path())
  }
  return files
}

async function credits({ site }: Stage): Promise<number> {
  const answer = await fetch(`${site.url}/v1/account`, { headers: { authorization: `Bearer ${site.key}` } })
  return ((await answer.json()) as { credits: number }).credits
}

export const comparisonSuite = (stage: Stage) =>
  describe('a comparison', () => {
    it('shows a time line, the films side by side and one upon the other, and each zone', async () => {
      const { page, context, complaints } = await visit(
        stage.browser,
        `${stage.site.url}/#key=${stage.site.key}`,
      )
      await choose(page, [await pngFile(21, 'a.png'), await pngFile(21, 'b.png'), await pngFile(22, 'c.png')])
      await eventually(() => scored(page)).toBe(3)
      const dialog = await open(page)
      await dialog.getByText('each is charged as one screening').waitFor()
      await dialog.getByRole('button', { name: 'Compare', exact: true }).click()
      await dialog.getByRole('status').waitFor()
      expect(await dialog.getByRole('list', { name: 'Time line' }).getByRole('listitem').count()).toBe(3)
      expect(await dialog.getByRole('row').count()).toBe(7)
      await dialog.getByText('Not clinically validated').waitFor()
      await dialog.getByRole('img', { name: 'a.png' }).waitFor()

      await dialog.getByRole('combobox').selectOption({ label: 'film 1 and film 2' })
      await dialog.getByText('the two look like one film').waitFor()
      expect(await findings(page)).toEqual([])
      await dialog.getByRole('button', { name: 'Swipe' }).click()
      const slider = dialog.getByRole('slider')
      await slider.fill('0.2')
      const image = dialog.getByRole('img', { name: 'a.png, b.png' })
      await image.waitFor()
      expect(await findings(page)).toEqual([])
      expect(complaints).toEqual([])
      await context.close()
    })

    it('is made on the device as well, on a phone, and nothing is sent', async () => {
      const { page, context } = await visit(stage.browser, stage.site.url, PHONE)
      await onDevice(page)
      await choose(page, [await pngFile(21, 'a.png'), await pngFile(22, 'b.png')])
      await eventually(() => scored(page)).toBe(2)
      const sent: string[] = []
      page.on('request', (request) => void (request.method() === 'POST' && sent.push(request.url())))
      const dialog = await open(page)
      await dialog.getByText('The films stay on this device.').waitFor()
      await dialog.getByRole('button', { name: 'Compare', exact: true }).click()
      await dialog.getByRole('status').waitFor()
      const saved = await savedOf(page)
      expect(Object.values(saved).every((file) => file.length > 500)).toBe(true)
      expect(sent).toEqual([])
      // Nothing is wider than the phone.
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
      await context.close()
    })

    it('of films that name different patients is refused until it is wanted all the same; what it saves is not charged again', async () => {
      const { page, context } = await visit(stage.browser, `${stage.site.url}/#key=${stage.site.key}`)
      const of = (id: string, seed: number) => dicomFile(seed, `${id}.dcm`, { patient: 'A^B', id })
      await choose(page, [of('P1', 21), of('P2', 22)])
      await eventually(() => scored(page)).toBe(2)
      const dialog = await open(page)
      await dialog.getByRole('button', { name: 'Compare', exact: true }).click()
      await dialog.getByRole('alert').getByText('different patients').waitFor()
      await dialog
        .getByRole('checkbox', { name: 'Compare although the files name different patients' })
        .check()
      await dialog.getByRole('button', { name: 'Compare', exact: true }).click()
      await dialog.getByText('the headers name different patients').waitFor()
      // Saved by the endpoint, which charges none of the films again.
      const balance = await credits(stage)
      const saved = await savedOf(page)
      expect(Object.keys(saved)).toEqual(['comparison.png', 'comparison.fhir.json', 'comparison.sr.dcm'])
      expect(saved['comparison.png']!.subarray(1, 4).toString()).toBe('PNG')
      expect(JSON.parse(saved['comparison.fhir.json']!.toString())).toMatchObject({
        resourceType: 'Observation',
        status: 'preliminary',
      })
      expect(saved['comparison.sr.dcm']!.subarray(128, 132).toString()).toBe('DICM')
      expect(await credits(stage)).toBe(balance)
      await context.close()
    })
  })
