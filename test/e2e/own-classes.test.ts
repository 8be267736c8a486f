import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { calibrate } from '@detl/cli/calibrate/calibrate'
import { ship } from '@detl/cli/ship/ship'
import { screeningSchema } from '@detl/core/api/screening'
import { parseDicom } from '@detl/core/image/dicom/parse'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { parseManifest } from '@detl/core/model/manifest'
import { verify } from '@detl/export/verify'
import { selectBackend } from '@detl/train/backend/select'
import { describeArtifact } from '@detl/train/commands/artifact'
import { differing } from '@detl/train/config'
import { crossval } from '@detl/train/crossval'
import { writeReport } from '@detl/train/evaluate/write-report'
import { prepareRun } from '@detl/train/open-run'
import { scoreRun } from '@detl/train/scoring/score-run'
import { afterAll, describe, expect, it } from 'vitest'
import { smoke } from '../../train/configs/smoke.ts'
import { detl } from '../support/detl-process.ts'
import { freePort } from '../support/free-port.ts'
import { phantomPng, writePhantomClasses } from '../train/phantom-classes.ts'

const dir = mkdtempSync(join(tmpdir(), 'detl-own-'))
afterAll(() => rmSync(dir, { recursive: true }))

/** What this test reads of a DiagnosticReport. */
type Report = {
  contained: {
    resourceType: string
    code: { text: string }
    component: { valueCodeableConcept: { coding: { code: string }[] } }[]
  }[]
}

const TB = {
  classes: [
    { id: 'no_tb', finding: false, name: { en: 'no tuberculosis', de: 'keine Tuberkulose' } },
    {
      id: 'tuberculosis',
      finding: true,
      name: { en: 'tuberculosis', de: 'Tuberkulose' },
      snomed: { code: '154283005', display: 'Pulmonary tuberculosis' },
      codes: [{ system: 'http://hl7.org/fhir/sid/icd-10', code: 'A15.0', display: 'Tuberculosis of lung' }],
    },
  ],
}

/** From a folder of files and labels to a model that can be served, as the commands do it. */
async function shipped(name: string) {
  const [data, out, model] = ['data', 'run', 'model'].map((part) => join(dir, `${name}-${part}`)) as [
    string,
    string,
    string,
  ]
  const stage = { epochs: 1, batchSize: 8 }
  const config = differing(smoke, { size: 36, pretrain: stage, transfer: stage })
  const options = {
    data,
    out,
    config,
    cache: join(dir, 'cache'),
    protocol: 'grouped',
    resume: false,
    splitSeed: 1,
  } as const
  const run = await prepareRun(options, await selectBackend())
  const how = { folds: [0], fromScratch: true }
  await crossval(run, how)
  await scoreRun({ out, data, batchSize: 8, dataset: run.dataset }, how)
  const report = writeReport(out, data, how)
  await describeArtifact(run, { fold: 0, fromScratch: true, name, version: '1.0.0', camMethod: 'gradcam' })
  await ship({ run: out, fold: 0, fromScratch: true, out: model })
  return {
    model,
    report,
    manifest: parseManifest(JSON.parse(readFileSync(join(model, 'manifest.json'), 'utf8'))),
  }
}

type Post = (headers: Record<string, string>) => Promise<Response>

/** The model behind an edge, as `detl serve` starts both. @param body the film that each call sends */
async function served(
  model: string,
  body: Uint8Array<ArrayBuffer>,
  use: (post: Post) => Promise<void>,
): Promise<void> {
  const [port, gpuPort] = [await freePort(), await freePort()]
  const key = 'detl_test_own-classes'
  const env = {
    DETL_SIGNING_KEY: `e2e:${Buffer.alloc(32, 7).toString('base64')}`,
    DETL_KEY_PEPPER: 'a pepper for this test only',
    DETL_DEMO_KEY: key,
  }
  const gpu = detl(['serve', 'gpu', '--port', String(gpuPort), '--model', model], env)
  const where = ['--port', String(port), '--gpu-port', String(gpuPort), '--fallback', 'fail']
  const edge = detl(['serve', 'edge', ...where, '--model', model], env)
  try {
    await Promise.all([gpu.line(/GPU function/), edge.line(/Page/)])
    await use((headers) =>
      fetch(`http://127.0.0.1:${port}/v1/screenings`, {
        method: 'POST',
        body,
        headers: { authorization: `Bearer ${key}`, ...headers },
      }),
    )
  } finally {
    await Promise.all([gpu.stop('SIGINT'), edge.stop('SIGINT')])
  }
}

describe('a model of two classes of one’s own', { timeout: 300_000 }, () => {
  it('is trained, exported and served without a change of code', async () => {
    await writePhantomClasses(
      join(dir, 'tb-data'),
      [
        { label: 'no TB', lesions: [], count: 40 },
        { label: 'tuberculosis', lesions: ['nodule'], count: 40 },
      ],
      TB,
    )
    const { model, report, manifest } = await shipped('tb')
    expect(report.headline).toContain('over 2 classes; tuberculosis AUC')
    expect(manifest.labels).toEqual(['no_tb', 'tuberculosis'])
    expect(readFileSync(join(model, 'MODEL_CARD.md'), 'utf8')).toContain('tuberculosis AUC')

    await served(model, await phantomPng(900, ['nodule'], 400), async (post) => {
      const answer = screeningSchema.parse(await (await post({})).json())
      expect(Object.keys(answer.probabilities)).toEqual(['no_tb', 'tuberculosis'])
      expect(answer.probabilities.no_tb! + answer.probabilities.tuberculosis!).toBeCloseTo(1, 5)
      expect(answer.heatmaps.map((map) => map.class)).toEqual(['no_tb', 'tuberculosis'])
      expect(answer.classes).toEqual(TB.classes)
      expect(answer.decision.classes.map((one) => one.class)).toEqual(['no_tb', 'tuberculosis'])
      expect(answer.decision.above).not.toContain('no_tb')

      const fhir = (await (await post({ accept: 'application/fhir+json' })).json()) as Report
      const scores = fhir.contained.filter((one) => one.resourceType === 'Observation')
      expect(scores.map((one) => one.code.text)).toEqual([
        'AI score for no tuberculosis',
        'AI score for tuberculosis',
      ])
      const asked = scores[1]!.component[0]!.valueCodeableConcept.coding
      expect(asked.map(({ code }) => code)).toEqual(['154283005', 'A15.0'])

      const report = await post({ accept: 'application/dicom;object=sr' })
      const bytes = new Uint8Array(await report.arrayBuffer())
      expect(report.status).toBe(200)
      await parseDicom(bytes, DEFAULT_LIMITS)
      expect(Buffer.from(bytes).includes('AI probability of tuberculosis')).toBe(true)
    })
  })

  it('gets thresholds from a site’s own films, measured on films that they were not chosen on', async () => {
    const [model, out] = [join(dir, 'tb-model'), join(dir, 'tb-site')]
    const images = join(dir, 'tb-films')
    const kinds = [
      { label: 'no TB', lesions: [], count: 20 },
      { label: 'tuberculosis', lesions: ['nodule' as const], count: 20 },
    ]
    await writePhantomClasses(images, kinds, undefined, 300)
    const labels = join(images, 'manifest.csv')
    const { manifest, films, refused, kept, temperatureKept } = await calibrate({
      ...{ model, labels, images, out, site: 'clinic-a' },
    })
    expect([films + refused, kept]).toEqual([40, []])
    expect(manifest).toMatchObject({ version: '1.0.0+clinic-a', site: { name: 'clinic-a', films } })
    for (const { sensitivity, specificity } of [manifest.operatingPoints!.tuberculosis!.balanced])
      expect(sensitivity.n + specificity.n).toBe(films)
    // From where on it is sure is the site's own too, and measured on its films.
    expect(manifest.selective!.answered.n).toBe(films)
    const was = JSON.parse(readFileSync(join(model, 'manifest.json'), 'utf8')).selective
    expect(manifest.selective!.threshold).not.toBe(was.threshold)
    const { calibration } = manifest.site!
    if (calibration) expect(manifest.temperature).toBe(calibration.temperature.value)
    else expect(temperatureKept).toMatch(/no more likely/)
    const reference = JSON.parse(readFileSync(join(out, 'reference.json'), 'utf8'))
    expect(reference).toMatchObject({ model: { version: '1.0.0+clinic-a' }, films })
    const film = join(dir, 'site.png')
    writeFileSync(film, await phantomPng(902, ['nodule'], 400))
    const written = ['--out', join(dir, 'site-out'), '--format', 'sr,fhir']
    const screen = detl(['screen', film, '--model', out, '--json', ...written])
    expect(await screen.exit).toBe(0)
    const line = JSON.parse(
      screen
        .output()
        .split('\n')
        .find((text) => text.startsWith('{'))!,
    )
    expect(line.model).toMatchObject({ version: '1.0.0+clinic-a', site: manifest.site })
    expect(readFileSync(line.sr, 'latin1')).toContain(`Thresholds from ${films} films of clinic-a.`)
    expect(readFileSync(line.fhir, 'utf8')).toContain(`Thresholds from ${films} films of clinic-a.`)
    expect(line.decision.classes[1].threshold).toBe(
      manifest.operatingPoints!.tuberculosis!.balanced.threshold,
    )
  })
})

describe('a model of classes that do not exclude each other', { timeout: 300_000 }, () => {
  it('gives each of them a probability of its own', async () => {
    await writePhantomClasses(join(dir, 'several-data'), [
      { label: 'none', lesions: [], count: 20 },
      { label: 'nodule', lesions: ['nodule'], count: 20 },
      { label: 'consolidation', lesions: ['consolidation'], count: 20 },
      { label: 'nodule|consolidation', lesions: ['nodule', 'consolidation'], count: 20 },
    ])
    const { model, report, manifest } = await shipped('several')
    expect([manifest.labelling, manifest.labels]).toEqual(['multi', ['consolidation', 'nodule']])
    expect(report.model.confusion).toBeUndefined()
    expect(report.model.classes.map(({ label, n }) => [label, n])).toEqual([
      ['consolidation', 8],
      ['nodule', 8],
    ])
    expect(Object.keys(report.operatingPoints)).toEqual(['consolidation', 'nodule'])

    const film = join(dir, 'film.png')
    writeFileSync(film, await phantomPng(901, ['nodule'], 400))
    const out = join(dir, 'out')
    const screen = detl(['screen', film, '--model', model, '--json', '--format', 'all', '--out', out])
    expect(await screen.exit).toBe(0)
    const line = JSON.parse(
      screen
        .output()
        .split('\n')
        .find((text) => text.startsWith('{'))!,
    )
    expect(Object.keys(line.probabilities)).toEqual(['consolidation', 'nodule'])
    for (const p of Object.values(line.probabilities)) expect(p).toBeGreaterThan(0)
    const fhir = JSON.parse(readFileSync(line.fhir, 'utf8'))
    expect(JSON.stringify(fhir)).toContain('AI score for consolidation')
    await parseDicom(new Uint8Array(readFileSync(line.sr)), DEFAULT_LIMITS)
  })

  it('is the same in ONNX as in tfjs, at its temperature', async () => {
    const trained = join(dir, 'several-run/scratch-fold-0/best')
    const onnx = join(dir, 'several-model/model.onnx')
    const { temperature } = parseManifest(
      JSON.parse(readFileSync(join(dir, 'several-model/manifest.json'), 'utf8')),
    )
    expect(temperature).not.toBeCloseTo(1, 2)
    const { agrees, outputs } = await verify(trained, onnx, { inputs: 2 })
    expect({ agrees, outputs }).toMatchObject({ agrees: true, outputs: [{ name: 'probabilities' }] })
  })

  it('answers through the edge: each class has its own score, threshold and finding', async () => {
    const film = await phantomPng(901, ['nodule', 'consolidation'], 400)
    await served(join(dir, 'several-model'), film, async (post) => {
      const answer = screeningSchema.parse(await (await post({})).json())
      const scores = Object.values(answer.probabilities)
      expect(scores).toHaveLength(2)
      expect(scores.reduce((a, b) => a + b)).not.toBeCloseTo(1, 3)
      expect(answer.decision.above).toEqual(
        expect.arrayContaining(answer.decision.classes.flatMap((one) => (one.positive ? [one.class] : []))),
      )
      const fhir = (await (await post({ accept: 'application/fhir+json' })).json()) as Report
      const texts = fhir.contained.flatMap((one) =>
        one.resourceType === 'Observation' ? [one.code.text] : [],
      )
      expect(texts).toEqual(['AI score for consolidation', 'AI score for nodule'])
      const bytes = new Uint8Array(
        await (await post({ accept: 'application/dicom;object=sr' })).arrayBuffer(),
      )
      await parseDicom(bytes, DEFAULT_LIMITS)
      for (const name of ['consolidation', 'nodule'])
        expect(Buffer.from(bytes).includes(`AI probability of ${name}`)).toBe(true)
    })
  })
})
