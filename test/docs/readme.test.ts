import { existsSync, readFileSync } from 'node:fs'
import { show } from '@detl/cli/ship/markdown'
import { auditTable } from '@detl/cli/ship/model-card'
import { resultsTable, summaryTable } from '@detl/cli/ship/results-table'
import { parseLungFacts } from '@detl/core/lungs/lung-facts'
import { type Estimate, parseManifest } from '@detl/core/model/manifest'
import type { Comparison, Report } from '@detl/train/evaluate/report'
import { describe, expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const report = JSON.parse(read('models/detl-128/report/report.json')) as Report
const percents = ({ value, low, high }: Estimate): string =>
  `${(100 * value).toFixed(1)} % (${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)})`

describe('the README', () => {
  const readme = read('README.md')

  it('shows the paper to the letter and each shipped model by its own report, and the strongest shortcut beside them', () => {
    const stronger = JSON.parse(read('models/mobilenet-v2-160/report/report.json')) as Report
    const letter = JSON.parse(read('docs/results/paper-letter/report.json')) as Report
    expect(readme).toContain(summaryTable([report, stronger], letter))
  })

  it('links to files that exist', () => {
    expect(missingLinks('README.md')).toEqual([])
  })
})

describe('the page of results', () => {
  const results = read('docs/results.md')

  it.each(['detl-128', 'mobilenet-v2-160'])('quotes the figures of the shipped report of %s', (name) => {
    const shipped = JSON.parse(read(`models/${name}/report/report.json`)) as Report
    expect(results).toContain(shipped.headline)
    expect(results).toContain(auditTable(shipped))
    expect(results).toContain(`${shipped.images.test} held-out images`)
  })

  it('quotes both protocols from their reports, and where the network looks', () => {
    const [paper, grouped, ofMobileNet, groupedOfMobileNet] = [
      'docs/results/paper',
      'docs/results/grouped',
      'docs/results/mobilenet-paper',
      'docs/results/mobilenet-grouped',
    ].map((folder) => JSON.parse(read(`${folder}/report.json`)) as Report)
    expect(results).toContain(
      resultsTable(
        { paper: paper!, grouped: grouped! },
        { paper: ofMobileNet!, grouped: groupedOfMobileNet! },
      ),
    )
    expect(results).toContain(groupedOfMobileNet!.headline)
    for (const { localisation, leftOut, pretraining } of [grouped!, groupedOfMobileNet!]) {
      const { pointing, lungs } = localisation!
      for (const share of [pointing[0]!.model, pointing[0]!.centre])
        expect(results).toContain(percents(share))
      expect(results).toContain(`${(100 * lungs!.energy).toFixed(0)} % of the map is in the lungs`)
      for (const { recall, counterTest } of leftOut!) {
        expect(results).toContain(percents(recall!))
        if (counterTest) expect(results).toContain(show(counterTest.aucByGroup))
      }
      expect(results).toContain(pretraining!.sentence.slice(1))
    }
    expect(results).toContain(show(groupedOfMobileNet!.counterTests[0]!.aucByGroup))
  })

  it('quotes what the stronger network gains over the paper’s, image by image', () => {
    const comparison = JSON.parse(read('docs/results/mobilenet-against-detl12.json')) as Comparison
    expect(results).toContain(comparison.sentence)
  })

  it('links to files that exist', () => {
    expect(missingLinks('docs/results.md')).toEqual([])
  })
})

/** Relative links of a page that lead nowhere. */
function missingLinks(page: string): string[] {
  const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path]) => path!)
  expect(links.length).toBeGreaterThan(0)
  return links.filter((path) => !existsSync(new URL(path, new URL(`../../${page}`, import.meta.url))))
}

describe.each(['detl-128', 'mobilenet-v2-160'])('the shipped model %s', (name) => {
  it('has a card whose first lines are its disclaimer and its report’s headline', () => {
    const report = JSON.parse(read(`models/${name}/report/report.json`)) as Report
    const card = read(`models/${name}/MODEL_CARD.md`)
    expect(card).toContain(report.headline)
    expect(card).toContain(auditTable(report))
  })

  it('was scored with the weights that are shipped, on tensors made as those that are served', () => {
    const report = JSON.parse(read(`models/${name}/report/report.json`)) as Report
    const manifest = parseManifest(JSON.parse(read(`models/${name}/manifest.json`)))
    expect(report.images.folds).toBe(1)
    expect(report.run.preprocess).toEqual(manifest.preprocess)
    for (const label of manifest.labels)
      expect(manifest.operatingPoints![label]!.balanced.sensitivity.n).toBe(
        report.model.classes.find((c) => c.label === label)!.n,
      )
  })

  it('has the weights that the manifest names, of at most 12 MB', async () => {
    const manifest = parseManifest(JSON.parse(read(`models/${name}/manifest.json`)))
    const onnx = readFileSync(new URL(`../../models/${name}/model.onnx`, import.meta.url))
    const digest = Buffer.from(await crypto.subtle.digest('SHA-256', onnx)).toString('hex')
    expect(manifest.files['model.onnx']).toBe(digest)
    expect(onnx.length).toBeLessThanOrEqual(12e6)
    expect(Object.keys(manifest.files)).toEqual(['model.onnx', 'model.int8.onnx'])
  })

  it('outlines lungs by the network in models/lungs-128, whose card has its figures', async () => {
    const { regions } = parseManifest(JSON.parse(read(`models/${name}/manifest.json`)))
    const { error, figures } = parseLungFacts(JSON.parse(read('models/lungs-128/lungs.json')))
    const onnx = readFileSync(new URL('../../models/lungs-128/model.onnx', import.meta.url))
    const digest = Buffer.from(await crypto.subtle.digest('SHA-256', onnx)).toString('hex')
    expect(regions?.network.sha256).toBe(digest)
    expect(regions?.error).toEqual(error)
    expect(read('models/lungs-128/MODEL_CARD.md')).toContain(figures.severity.spearmanScore.toFixed(3))
  })

  it('answers with ranges as wide as those in the example of docs/severity.md', () => {
    const { regions } = parseManifest(JSON.parse(read(`models/${name}/manifest.json`)))
    const example = JSON.parse(/```json\n(.*?)```/s.exec(read('docs/severity.md'))![1]!)
    const { error } = regions!
    const above = ({ value, high }: { value: number; high: number }) => high - value
    expect(above(example.score)).toBeCloseTo(error.score, 3)
    expect(above(example.extent.left)).toBeCloseTo(error.extent, 3)
    expect(above(example.zones.A.score)).toBeCloseTo(error.zoneScore, 3)
    expect(above(example.zones.A.extent)).toBeCloseTo(error.zoneExtent, 3)
  })
})
