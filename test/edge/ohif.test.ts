import { type Screening, screeningSchema } from '@detl/core/api/screening'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom, PATIENT } from '../support/chest-dicom.ts'
import { launch, noBrowser } from '../support/chromium.ts'
import { edgeApp } from '../support/edge-app.ts'
import { listen } from '../support/listen.ts'
import { OPERATING_POINTS, testManifest } from '../support/manifest.ts'
import { noOhif, serveOhif } from '../support/ohif.ts'
import { hasOrthanc, startOrthanc } from '../support/orthanc.ts'
import { TEST_REGIONS } from '../support/regions.ts'

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

function assessable({ severity }: Screening) {
  if (!severity?.assessable) throw new Error('not assessable')
  return severity
}

describe.skipIf(missing)(`OHIF on an archive's DICOMweb${missing ? ` (${missing})` : ''}`, () => {
  let orthanc: Awaited<ReturnType<typeof startOrthanc>>
  let edge: Awaited<ReturnType<typeof edgeApp>>
  let ohif: Awaited<ReturnType<typeof serveOhif>>
  let browser: Browser
  let page: Page
  let headline: string
  let screening: Screening
  const errors: string[] = []

  beforeAll(async () => {
    orthanc = await startOrthanc({ dicomWeb: true })
    const manifest = testManifest({ operatingPoints: OPERATING_POINTS, regions: TEST_REGIONS })
    edge = await edgeApp({ manifest })
    const image = chestDicom(512)
    await orthanc.store(image)
    for (const accept of [
      'application/dicom',
      'application/dicom;object=sr',
      'application/dicom;object=measurements',
    ])
      await orthanc.store(new Uint8Array(await (await edge.screen(image, { accept })).arrayBuffer()))
    screening = screeningSchema.parse(await (await edge.screen(image)).json())
    headline = screening.decision.headline
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
  })

  it('draws lungs, zones and the hottest places of the measurements on the X-ray', async () => {
    await page.getByText('DETL measurements (not for diagnosis)').first().dblclick()
    const layer = page.locator('.cornerstone-viewport-element svg.svg-layer').last()
    const labels = () => layer.locator('text').allTextContents()
    const { extent, score } = assessable(screening)
    const scores = screening.classes.map(
      ({ id, name }) => `AI probability of ${name.en}: ${(100 * screening.probabilities[id]!).toFixed(2)} %`,
    )
    await expect.poll(async () => (await labels()).join('\n')).toContain(scores[0])
    const shown = (await labels()).join('\n')
    for (const label of [
      ...scores,
      `Share that is opaque: ${(100 * extent.right.value).toFixed(2)} %`,
      `Share that is opaque: ${(100 * extent.left.value).toFixed(2)} %`,
      `Opacity score, 0 to 18: ${score.value.toFixed(2)} {score}`,
    ])
      expect(shown).toContain(label)
    // The film fills the height of the viewport, in its middle: its pixels are those of the outlines, scaled.
    const { width, height } = (await layer.boundingBox())!
    const scale = height / screening.image.height
    const left = (width - screening.image.width * scale) / 2
    const drawn = await layer.evaluate<number[][][], string>(
      (svg) =>
        [...svg.querySelectorAll('polyline, path')].map((line) => {
          const text = line.getAttribute('points') ?? line.getAttribute('d') ?? ''
          const numbers = [...text.matchAll(/-?[\d.]+/g)].map(Number)
          return Array.from({ length: numbers.length / 2 }, (_, i) => numbers.slice(2 * i, 2 * i + 2))
        }),
      '',
    )
    expect(Object.keys(screening.outlines!)).toHaveLength(8)
    for (const [name, outline] of Object.entries(screening.outlines!)) {
      const expected = [...outline!, outline![0]!].map(([x, y]) => [left + x! * scale, y! * scale])
      const off = drawn
        .filter((line) => line.length === expected.length)
        .map((line) =>
          Math.max(...line.map(([x, y], i) => Math.hypot(x! - expected[i]![0]!, y! - expected[i]![1]!))),
        )
      expect(Math.min(...off), name).toBeLessThan(1)
    }
    expect(errors).toEqual([])
  })
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
  })
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
    await expect.poll(colours).toBeGreaterThan(50)
    await page.getByText('DETL scores (not for diagnosis)').first().dblclick()
    await page.getByText('AI probability of COVID-19').first().waitFor({ timeout: 30_000 })
    expect(errors).toEqual([])
  }, 120_000)
})
