import { codecs } from '@detl/codecs/modules'
import type { Screened } from '@detl/core/answers/answer'
import { toJson } from '@detl/core/answers/json'
import { toPdf } from '@detl/core/answers/pdf/report'
import { DEFAULT_SETTINGS } from '@detl/core/api/default-settings'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import { readScores } from '@detl/core/model/outputs'
import { extractImages, extractText, getDocumentProxy } from 'unpdf'
import { describe, expect, it } from 'vitest'
import { chestDicom, PATIENT } from '../../support/chest-dicom.ts'
import { chestPng } from '../../support/images.ts'
import { OPERATING_POINTS, testManifest } from '../../support/manifest.ts'

const manifest = testManifest({ operatingPoints: OPERATING_POINTS })

async function screened(bytes: Uint8Array, change: Partial<Screened> = {}): Promise<Screened> {
  const gate = { mode: 'report', spec: manifest.gate } as const
  const intake = await takeIn(bytes, manifest.preprocess, gate, { limits: DEFAULT_LIMITS, codecs })
  const cam = Float32Array.from({ length: 24 }, (_, i) => i / 24)
  const scores = readScores(manifest, { probabilities: Float32Array.of(0.1, 0.1, 0.2, 0.6), cam })
  const id = '00000000-0000-4000-8000-000000000000'
  const settings = DEFAULT_SETTINGS
  return { id, at: 0, manifest, bytes, intake, scores, settings, language: 'en', references: {}, ...change }
}

/** As pdf.js reads it. */
async function read(answer: Screened) {
  const document = await getDocumentProxy(new Uint8Array(await toPdf(answer)))
  const { text } = await extractText(document, { mergePages: true })
  return { document, text }
}

describe('the report on paper', () => {
  it('says patient and study, then the decision, then scores with what their thresholds are worth', async () => {
    const answer = await screened(chestDicom())
    const { text } = await read(answer)
    const { headline } = toJson({ ...answer, servedBy: 'gpu' }).decision
    const order = [
      'Test Überall',
      PATIENT.id,
      PATIENT.accession,
      PATIENT.study,
      '2026-01-02',
      headline,
      'COVID-19 60 % 40 % above',
      'sensitivity 80 %',
      'not a diagnosis',
    ]
    const places = order.map((part) => text.indexOf(part))
    expect(places).not.toContain(-1)
    expect(places).toEqual([...places].sort((a, b) => a - b))
  })

  it('holds the film with its heat map, in its own pixels', async () => {
    const { document } = await read(await screened(await chestPng()))
    const [film] = await extractImages(document, 1)
    expect([film?.width, film?.height, film?.channels]).toEqual([64, 64, 3])
    expect(new Set(film?.data).size).toBeGreaterThan(20)
  })

  it('speaks German, and states no patient where the image names none', async () => {
    const { text } = await read(await screened(await chestPng(), { language: 'de' }))
    expect(text).toContain('Über der Schwelle: COVID-19 60 % (Schwelle 40 %)')
    expect(text).toContain('keine Diagnose')
    expect(text).not.toContain('Patient/in')
  })

  it('goes on to another page where there is much to say, and loses nothing', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `class_${i}`)
    const each = <T>(value: (i: number) => T) => Object.fromEntries(names.map((name, i) => [name, value(i)]))
    const point = OPERATING_POINTS.covid19
    const base = await screened(chestDicom())
    const many = {
      ...base,
      manifest: { ...manifest, labels: names, operatingPoints: each(() => point) },
      scores: {
        probabilities: each(() => 0.025),
        label: names[0],
        maps: each(() => base.scores.maps.normal),
        outOfDistribution: null,
      },
    } as unknown as Screened
    const { document, text } = await read(many)
    expect(document.numPages).toBeGreaterThan(1)
    for (const name of names) expect(text).toContain(`${name}: Below the threshold of 40 %`)
    expect(text).toContain('not a diagnosis')
  })

  it('is the same bytes of the same answer', async () => {
    const answer = await screened(chestDicom())
    expect(await toPdf({ ...answer })).toEqual(await toPdf(answer))
  })
})
