import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom, PATIENT } from '../support/chest-dicom.ts'
import { launch, noBrowser } from '../support/chromium.ts'
import { edgeApp } from '../support/edge-app.ts'
import { listen } from '../support/listen.ts'
import { OPERATING_POINTS, testManifest } from '../support/manifest.ts'
import { noOhif, serveOhif } from '../support/ohif.ts'
import { hasOrthanc, startOrthanc } from '../support/orthanc.ts'

const noViewer = noBrowser ?? noOhif
const missing = noViewer ?? (hasOrthanc() ? undefined : 'no Orthanc with DICOMweb')

/** The viewer on the test's study, past its words of welcome. */
async function openStudy(browser: Browser, url: string, errors: string[]): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } })
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.goto(`${url}/viewer?StudyInstanceUIDs=${PATIENT.study}`)
  for (const welcome of ['Skip all', 'Confirm and hide'])
    await page.getByText(welcome).click({ timeout: 60_000 })
  return page
}

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
    page = await openStudy(browser, ohif.url, errors)
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

describe.skipIf(noViewer)(`OHIF on the service’s own DICOMweb${noViewer ? ` (${noViewer})` : ''}`, () => {
  let edge: Awaited<ReturnType<typeof edgeApp>>
  let served: Awaited<ReturnType<typeof listen>>
  let ohif: Awaited<ReturnType<typeof serveOhif>>
  let browser: Browser
  const errors: string[] = []

  beforeAll(async () => {
    edge = await edgeApp({ manifest: testManifest({ operatingPoints: OPERATING_POINTS }) })
    const { key } = await edge.newKey('demo', {
      scopes: ['screenings:write', 'screenings:read', 'account:write'],
    })
    const authorization = `Bearer ${key}`
    const settings = { operatingPoint: 'balanced', prevalence: {}, keepHours: 1 }
    await edge.call('PUT', '/v1/account/settings', key, settings)
    const headers = { authorization, 'content-type': 'application/dicom' }
    const stored = await edge.request('/v1/dicomweb/studies', {
      method: 'POST',
      headers,
      body: chestDicom(512),
    })
    if (stored.status !== 200) throw new Error(await stored.text())
    served = await listen(edge)
    ohif = await serveOhif(served.url, '/v1/dicomweb', { authorization })
    browser = await launch()
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await ohif?.stop()
    await served?.stop()
    await edge?.stop()
  })

  it('shows the heat map and the report that were made of a stored image', async () => {
    const page = await openStudy(browser, ohif.url, errors)
    await page.getByText('DETL heat map (not for diagnosis)').first().dblclick()
    await page.locator('canvas.cornerstone-canvas').first().waitFor({ timeout: 30_000 })
    // The picture is in the canvas once it is not one colour any more.
    const colours = () =>
      page.evaluate<number>(`(() => {
        const copy = document.createElement('canvas')
        copy.width = copy.height = 64
        const context = copy.getContext('2d')
        context.drawImage(document.querySelector('canvas.cornerstone-canvas'), 0, 0, 64, 64)
        const { data } = context.getImageData(0, 0, 64, 64)
        return new Set(Array.from({ length: 64 * 64 }, (_, i) => data.slice(4 * i, 4 * i + 3).join())).size
      })()`)
    await expect.poll(colours, { timeout: 30_000 }).toBeGreaterThan(50)
    await page.getByText('DETL scores (not for diagnosis)').first().dblclick()
    await page.getByText('AI probability of COVID-19').first().waitFor({ timeout: 30_000 })
    expect(errors).toEqual([])
  }, 120_000)
})
