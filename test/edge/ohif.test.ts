import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom, PATIENT } from '../support/chest-dicom.ts'
import { launch, noBrowser } from '../support/chromium.ts'
import { edgeApp } from '../support/edge-app.ts'
import { OPERATING_POINTS, testManifest } from '../support/manifest.ts'
import { noOhif, serveOhif } from '../support/ohif.ts'
import { hasOrthanc, startOrthanc } from '../support/orthanc.ts'

const missing = noBrowser ?? noOhif ?? (hasOrthanc() ? undefined : 'no Orthanc with DICOMweb')

describe.skipIf(missing)(`OHIF on an archive's DICOMweb${missing ? ` (${missing})` : ''}`, () => {
  let orthanc: Awaited<ReturnType<typeof startOrthanc>>
  let edge: Awaited<ReturnType<typeof edgeApp>>
  let ohif: Awaited<ReturnType<typeof serveOhif>>
  let browser: Browser
  let page: Page
  let headline: string
  const errors: string[] = []

  beforeAll(async () => {
    orthanc = await startOrthanc({ dicomWeb: true })
    edge = await edgeApp({ manifest: testManifest({ operatingPoints: OPERATING_POINTS }) })
    const image = chestDicom(512)
    await orthanc.store(image)
    for (const accept of ['application/dicom', 'application/dicom;object=sr'])
      await orthanc.store(new Uint8Array(await (await edge.screen(image, { accept })).arrayBuffer()))
    const answer = (await (await edge.screen(image)).json()) as { decision: { headline: string } }
    headline = answer.decision.headline
    ohif = await serveOhif(orthanc.url)
    browser = await launch()
    page = await browser.newPage({ viewport: { width: 1400, height: 900 } })
    page.on('pageerror', (error) => errors.push(String(error)))
    await page.goto(`${ohif.url}/viewer?StudyInstanceUIDs=${PATIENT.study}`)
    for (const welcome of ['Skip all', 'Confirm and hide'])
      await page.getByText(welcome).click({ timeout: 60_000 })
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await ohif?.stop()
    await orthanc?.stop()
    await edge?.stop()
  })

  it('shows the structured report as text, the decision first', async () => {
    await page.getByText('DETL scores (not for diagnosis)').first().dblclick()
    await page.getByText(headline).waitFor({ timeout: 30_000 })
    const shown = await page.locator('body').innerText()
    const [decision, first] = [shown.indexOf(headline), shown.indexOf('AI probability of')]
    expect([decision > 0, first > decision]).toEqual([true, true])
    for (const name of ['normal', 'other disease', 'pneumonia', 'COVID-19'])
      expect(shown).toContain(`AI probability of ${name}: below threshold`)
    expect(shown).toContain('The scores assist a qualified reader; they are not a diagnosis.')
    expect(shown).not.toContain('not supported')
    expect(errors).toEqual([])
  }, 60_000)
})
