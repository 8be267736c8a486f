import { existsSync, readFileSync } from 'node:fs'
import { auditTable } from '@detl/cli/ship/model-card'
import { resultsTable } from '@detl/cli/ship/results-table'
import { manifestSchema } from '@detl/core/model/manifest'
import type { Report } from '@detl/train/evaluate/report'
import { describe, expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const report = JSON.parse(read('models/detl-128/report/report.json')) as Report

describe('the README', () => {
  const readme = read('README.md')

  it('quotes the figures of the shipped report and no others', () => {
    expect(readme).toContain(report.headline)
    expect(readme).toContain(auditTable(report))
    expect(readme).toContain(`${report.images.test} held-out images`)
  })

  it('quotes both protocols from their reports, and where the network looks', () => {
    const [paper, grouped] = (['paper', 'grouped'] as const).map(
      (protocol) => JSON.parse(read(`docs/results/${protocol}/report.json`)) as Report,
    )
    expect(readme).toContain(resultsTable({ paper: paper!, grouped: grouped! }))
    const { pointing, lungs } = grouped!.localisation!
    const percent = (share: number, digits: number) => `${(100 * share).toFixed(digits)} %`
    expect(readme).toContain(`${percent(pointing[0]!.model.value, 1)} (`)
    expect(readme).toContain(`${percent(pointing[0]!.centre.value, 1)} (`)
    expect(readme).toContain(`${percent(lungs!.energy, 0)} of the map is in the lungs`)
    for (const { covidRecall, covidAgainstPneumonia } of grouped!.leftOut!) {
      expect(readme).toContain(
        `${percent(covidRecall!.value, 1)} (${(100 * covidRecall!.low).toFixed(1)}–${(100 * covidRecall!.high).toFixed(1)})`,
      )
      const auc = covidAgainstPneumonia?.aucByGroup
      if (auc)
        expect(readme).toContain(`${auc.value.toFixed(3)} (${auc.low.toFixed(3)}–${auc.high.toFixed(3)})`)
    }
    const sentence = grouped!.pretraining!.sentence
    expect(readme).toContain(sentence.slice(1))
  })

  it('links to files that exist', () => {
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path]) => path!)
    expect(links.length).toBeGreaterThan(0)
    expect(links.filter((path) => !existsSync(new URL(`../../${path}`, import.meta.url)))).toEqual([])
  })
})

describe('the shipped model', () => {
  it('has a card whose first lines are its disclaimer and its report’s headline', () => {
    const card = read('models/detl-128/MODEL_CARD.md')
    expect(card).toContain(report.headline)
    expect(card).toContain(auditTable(report))
  })

  it('has the weights that the manifest names, of at most 12 MB', async () => {
    const manifest = manifestSchema.parse(JSON.parse(read('models/detl-128/manifest.json')))
    const onnx = readFileSync(new URL('../../models/detl-128/model.onnx', import.meta.url))
    const digest = Buffer.from(await crypto.subtle.digest('SHA-256', onnx)).toString('hex')
    expect(manifest.files['model.onnx']).toBe(digest)
    expect(onnx.length).toBeLessThanOrEqual(12e6)
  })
})
