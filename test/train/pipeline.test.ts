import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ship } from '@detl/cli/ship/ship'
import { parseReference } from '@detl/core/drift/reference'
import { manifestOf } from '@detl/core/model/facts'
import { parseManifest } from '@detl/core/model/manifest'
import { addExportCommands } from '@detl/export/commands'
import { writeInt8 } from '@detl/export/quantise/beside'
import { calibrate } from '@detl/export/quantise/calibrate'
import { addRegionsTo } from '@detl/export/regions/folders'
import { selectBackend } from '@detl/train/backend/select'
import { describeArtifact } from '@detl/train/commands/artifact'
import { differing } from '@detl/train/config'
import { type CrossvalOptions, crossval, leaveSourceOut } from '@detl/train/crossval'
import { describeData, printDescription } from '@detl/train/data/describe'
import { compareFolders } from '@detl/train/evaluate/compare-folders'
import { unseenPoints } from '@detl/train/evaluate/unseen-points'
import { type ReportOptions, writeReport } from '@detl/train/evaluate/write-report'
import { loadModel } from '@detl/train/model/files'
import { type OpenRun, prepareRun, type TrainOptions } from '@detl/train/open-run'
import { type ScoreOptions, scoreRun } from '@detl/train/scoring/score-run'
import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { smoke } from '../../train/configs/smoke.ts'
import { LUNG_FACTS, lungFolder } from '../support/lung-network.ts'
import { writePhantomData } from './phantom-data.ts'

const dir = mkdtempSync(join(tmpdir(), 'detl-pipeline-'))
afterAll(() => rmSync(dir, { recursive: true }))

beforeAll(() => writePhantomData(join(dir, 'data')))

const once = { epochs: 1, batchSize: 8 }
const options: TrainOptions = {
  config: differing(smoke, { size: 36, pretrain: once, transfer: once }),
  data: join(dir, 'data'),
  cache: join(dir, 'cache'),
  out: join(dir, 'run'),
  protocol: 'grouped',
  resume: false,
  splitSeed: 1,
}

const open = async (changed: Partial<TrainOptions> = {}) =>
  prepareRun({ ...options, ...changed }, await selectBackend())

/** As `detl train evaluate` does. */
async function evaluate(
  { options: { out, data, config }, dataset }: OpenRun,
  how: ScoreOptions & ReportOptions,
) {
  await scoreRun({ out, data, batchSize: config.transfer.batchSize, dataset }, how)
  return writeReport(out, data, how)
}

/** As `detl train crossval` does. */
async function trained(run: OpenRun, how: CrossvalOptions & ReportOptions) {
  await crossval(run, how)
  return evaluate(run, how)
}

describe('the whole method, on phantoms', () => {
  it('goes from a data folder to a report and the facts of an artefact, and does nothing twice', {
    timeout: 120_000,
  }, async () => {
    const run = await open()
    const report = await trained(run, { folds: [0], fromScratch: false })
    expect(report.images.test).toBe(run.dataset.split.folds[0]!.test.length)
    expect(report.images.external).toBe(4)
    expect(report.shortcuts.map((s) => s.name)).toEqual([
      'metadata',
      'border',
      'lungs-blanked',
      'thumbnail-16',
      'network-without-lungs',
    ])
    expect(report.localisation!.pointing[0]!.model.n).toBeGreaterThan(0)
    expect(readFileSync(join(dir, 'run/report/report.html'), 'utf8')).toContain('Confusion matrix')

    expect(readFileSync(join(dir, 'run/report/gallery.html'), 'utf8')).toContain('data:image/png')
    const csv = readFileSync(join(dir, 'run/report/predictions.csv'), 'utf8').trim().split('\n')
    expect(csv).toHaveLength(1 + report.images.test + report.images.external)
    expect(report.training.map((t) => t.stage)).toEqual(['pretrain', 'fold-0'])
    const kinds = report.outOfDistribution!.kinds.map((k) => k.kind)
    expect(kinds).toContain('noise')
    expect(report.outOfDistribution!.absent.map((a) => a.kind)).toContain('lateral chest')

    const facts = await describeArtifact(run, {
      fold: 0,
      fromScratch: false,
      name: 'phantom',
      version: '0.0.1',
      camMethod: 'gradcam',
    })
    expect(facts.data.images).toBe(
      run.dataset.split.pretrain.train.length + run.dataset.split.folds[0]!.train.length,
    )
    expect(Object.keys(facts.operatingPoints!)).toHaveLength(4)
    const model = await loadModel(join(dir, 'run/fold-0/best'))
    expect(model.outputs[0]!.shape).toEqual([null, 4])

    const [shipped, exported] = [join(dir, 'shipped'), join(dir, 'exported')]
    await ship({ run: join(dir, 'run'), fold: 0, fromScratch: false, out: shipped })
    const program = new Command()
    addExportCommands(program, async () => {})
    await program.parseAsync(['node', 'detl', 'export', join(dir, 'run/fold-0/best'), '--out', exported])
    for (const file of ['model.onnx', 'manifest.json'])
      expect(readFileSync(join(exported, file)).equals(readFileSync(join(shipped, file)))).toBe(true)
    await keepsLungs(join(dir, 'run'), shipped, async (...flags) => {
      await program.parseAsync([
        'node',
        'detl',
        'export',
        join(dir, 'run/fold-0/best'),
        '--out',
        exported,
        ...flags,
      ])
      return exported
    })
    const manifest = parseManifest(JSON.parse(readFileSync(join(shipped, 'manifest.json'), 'utf8')))
    expect(manifest).toMatchObject(manifestOf(facts))
    expect(manifest.outOfDistribution!.threshold).toBeGreaterThan(0)
    const { validation, test } = run.dataset.split.folds[0]!
    const reference = parseReference(
      JSON.parse(readFileSync(join(shipped, 'reference.json'), 'utf8')),
      manifest,
    )
    expect(reference.films).toBe(validation.length + test.length)
    const measures = Object.keys(reference.measures)
    expect(measures).toEqual(expect.arrayContaining(['score covid19', 'distance', 'tensor mean']))

    const trainedAt = statSync(join(dir, 'run/fold-0/best/weights.bin')).mtimeMs
    const again = await trained(run, { folds: [0], fromScratch: false })
    expect(statSync(join(dir, 'run/fold-0/best/weights.bin')).mtimeMs).toBe(trainedAt)
    expect(again.model).toEqual(report.model)
  })

  it('takes more networks a fold as one ensemble, and says what each of them reaches alone', async () => {
    const run = await open()
    cpSync(join(dir, 'run/fold-0'), join(dir, 'run/fold-0-m2'), { recursive: true, preserveTimestamps: true })
    const two = await evaluate(run, { folds: [0], fromScratch: false, gallery: false })
    rmSync(join(dir, 'run/fold-0-m2'), { recursive: true })
    const one = await evaluate(run, { folds: [0], fromScratch: false })
    expect(two.members!.each).toHaveLength(2)
    expect(two.members!.balancedAccuracy).toEqual({ mean: one.model.balancedAccuracy.value, sd: 0 })
    expect(two.model.confusion).toEqual(one.model.confusion) // of twins the ensemble is the twin
    expect(two.localisation!.pointing).toEqual(one.localisation!.pointing)
  })

  it('trains the networks of an ensemble from different seeds', async () => {
    const run = await open()
    const report = await trained(run, { folds: [0], fromScratch: false, gallery: false, members: 2 })
    const weights = (name: string) => readFileSync(join(dir, 'run', name, 'best/weights.bin'))
    expect(weights('fold-0').equals(weights('fold-0-m2'))).toBe(false)
    expect(report.members!.each).toHaveLength(2)
    rmSync(join(dir, 'run/fold-0-m2'), { recursive: true })
  })

  it('says what pretraining is worth where a fold was trained without Data-A too', async () => {
    const run = await open()
    await trained(run, { folds: [0], fromScratch: true })
    const report = await evaluate(run, { folds: [0], fromScratch: false })
    expect(report.pretraining!.images).toBe(report.images.test)
    expect(report.pretraining!.sentence).toMatch(/pretrained on Data-A/)
    const out = options.out
    const compared = compareFolders(out, `${out}:scratch`, options.data)
    expect(compared.balancedAccuracy).toEqual(report.pretraining!.balancedAccuracy)
  })

  it('leaves a source out, and the report of the run quotes it', async () => {
    const base = join(options.out, 'pretrain/best/model.json')
    const runs = leaveSourceOut(options, await selectBackend(), base, ['cohen'])
    const { value } = await runs.next()
    const alone = await evaluate(value as OpenRun, { folds: [0], fromScratch: false, gallery: false })
    expect(alone.leftOut[0]).toMatchObject({
      source: 'cohen',
      images: { covid19: 24, pneumonia: 6 },
    })
    expect(alone.leftOut[0]!.counterTest).toMatchObject({
      focus: { label: 'covid19', n: 24 },
      against: { label: 'pneumonia', n: 6 },
    })
    const report = await evaluate(await open(), { folds: [0], fromScratch: false })
    expect(report.leftOut).toEqual(alone.leftOut)
    expect(readFileSync(join(dir, 'run/report/report.html'), 'utf8')).toContain('Sources never trained on')
    const facts = await describeArtifact(await open(), {
      ...{ fold: 0, fromScratch: false, name: 'phantom', version: '0.0.1', camMethod: 'gradcam' },
    })
    const { sensitivity, specificity } = alone.leftOut[0]!.atScreening
    expect(facts.operatingPoints!.covid19!.screening.unseen).toEqual([
      { source: 'cohen', sensitivity, specificity },
    ])
    expect(facts.operatingPoints!.normal!.screening.unseen).toBeUndefined()
  })

  it('fits thresholds on what was said of left-out sources, and tries each where it was not fitted', {
    timeout: 60_000,
  }, async () => {
    const out = join(dir, 'left-out')
    const backend = await selectBackend()
    for await (const run of leaveSourceOut({ ...options, out }, backend, undefined, undefined))
      await evaluate(run, { folds: [0], fromScratch: true, gallery: false })
    const { focus, points, sources } = unseenPoints(out, options.data)
    expect(focus).toBe('covid19')
    expect(sources.map((s) => [s.source, s.images.with])).toEqual([
      ['cohen', 24],
      ['cxnet', 16],
    ])
    expect(points.screening.fittedOn).toEqual(['cohen', 'cxnet'])
    const [cohen, cxnet] = sources
    expect(cohen!.others.screening.threshold).not.toBe(cxnet!.others.screening.threshold)
    expect(cohen!.others.screening.sensitivity.n).toBe(24)
    // Each source's own negatives count too: six pneumonias of Cohen.
    const atOwn = (s: typeof cohen) => s!.known.screening.specificity.n
    expect(atOwn(cohen)).toBeGreaterThan(atOwn(cxnet))
    expect(cohen!.auc.n).toBe(cohen!.images.with + cohen!.images.without)
    expect(cohen!.auc.low).toBeLessThan(cohen!.auc.high)
    expect(() => unseenPoints(options.out, options.data)).toThrow('need two')
  })

  it('a folder of another configuration is refused', async () => {
    await expect(open({ config: differing(options.config, { seed: 99 }) })).rejects.toThrow(
      'another configuration',
    )
  })

  it('describes the data: classes, groups, splits', async () => {
    const text = printDescription(
      await describeData(join(dir, 'data'), { splitSeed: 1, nearDuplicates: true }),
    )
    expect(text).toContain('140 images of 70 known patients in 70 groups')
    expect(text).toContain('cohen × covid19')
    expect(text).toContain('split "paper": protocol "paper" needs 350 images of normal')
    expect(text).not.toContain('LEAK')
    expect(existsSync(join(dir, 'cache'))).toBe(true)
  })
})

/** Nor its 8-bit file, as long as the weights are the same. */
async function keepsInt8(shipped: string, again: () => Promise<{ int8: string }>): Promise<void> {
  const manifest = () => JSON.parse(readFileSync(join(shipped, 'manifest.json'), 'utf8'))
  const { size } = manifest().preprocess
  const onnx = new Uint8Array(readFileSync(join(shipped, 'model.onnx')))
  writeInt8(shipped, await calibrate(onnx, [new Uint8Array(size ** 2).fill(90)], 'minmax'), {
    webAssembly: true,
  })
  const [before, bytes] = [manifest(), readFileSync(join(shipped, 'model.int8.onnx'))]
  expect((await again()).int8).toBe('kept')
  expect(manifest()).toEqual(before)
  expect(readFileSync(join(shipped, 'model.int8.onnx')).equals(bytes)).toBe(true)
  for (const file of ['model.int8.onnx', 'int8.json']) rmSync(join(shipped, file))
}

/** Who ships a model anew does not lose the network that outlines lungs: shipping, exporting and adding it give the same bytes. */
async function keepsLungs(
  run: string,
  shipped: string,
  exportWith: (...flags: string[]) => Promise<string>,
): Promise<void> {
  const ofFold = { run, fold: 0, fromScratch: false, out: shipped }
  const plain = readFileSync(join(shipped, 'model.onnx'))
  const written = (folder: string) =>
    ['model.onnx', 'manifest.json'].map((file) => readFileSync(join(folder, file)).toString('base64'))
  await lungFolder(join(shipped, '..'))
  const network = join(shipped, '..', LUNG_FACTS.name)
  await ship({ ...ofFold, lungs: network })
  const first = written(shipped)
  expect(JSON.parse(readFileSync(join(shipped, 'manifest.json'), 'utf8')).regions.network.name).toBe(
    LUNG_FACTS.name,
  )
  await ship(ofFold) // the network of the model that is there
  expect(written(shipped)).toEqual(first)
  expect(written(await exportWith('--lungs', network))).toEqual(first)
  await keepsInt8(shipped, () => ship(ofFold))
  writeFileSync(join(shipped, 'manifest.json'), Buffer.from(first[1]!, 'base64'))
  await ship({ ...ofFold, lungs: false })
  expect(readFileSync(join(shipped, 'model.onnx')).equals(plain)).toBe(true)
  addRegionsTo(shipped, network, shipped)
  expect(written(shipped)).toEqual(first)

  const manifest = JSON.parse(readFileSync(join(shipped, 'manifest.json'), 'utf8'))
  manifest.regions.network = { name: 'lungs-elsewhere', version: '9.0.0', sha256: '0'.repeat(64) }
  writeFileSync(join(shipped, 'manifest.json'), JSON.stringify(manifest))
  await expect(ship(ofFold)).rejects.toThrow(/lungs-elsewhere 9\.0\.0, which was not found .*--lungs/)
  await ship({ ...ofFold, lungs: false })
}
