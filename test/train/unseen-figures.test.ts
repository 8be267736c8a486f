import { readFileSync } from 'node:fs'
import { LABELS } from '@detl/core/model/labels'
import { parseManifest } from '@detl/core/model/manifest'
import { describe, expect, it } from 'vitest'
import { type Answer, figuresOf } from '../../bench/unseen/figures.ts'
import { SELECTIVE } from '../support/manifest.ts'
import { madeUpRecords } from './data/records.ts'

const manifest = parseManifest(JSON.parse(readFileSync('models/detl-128/manifest.json', 'utf8')))
const [record] = madeUpRecords(1)

/** Twenty images of a class, surely called `label`, or refused. */
const twenty = (classB: (typeof LABELS)[number], label: (typeof LABELS)[number] | undefined): Answer[] =>
  Array.from({ length: 20 }, () => ({
    record: { ...record!, dataset: 'elsewhere', classB },
    probabilities: label && LABELS.map((l) => (l === label ? 0.97 : 0.01)),
  }))

describe('figures of collections never seen', () => {
  const text = (answers: Answer[]) => figuresOf(answers, manifest).join('\n')

  it('names what is called what, and how well COVID-19 is told from the others', () => {
    const found = text([...twenty('covid19', 'covid19'), ...twenty('normal', 'normal')])
    expect(found).toContain('elsewhere, covid19: 20 images, 0 refused; called 0 % normal')
    expect(found).toContain('AUC of elsewhere, covid19 against elsewhere, normal: 1.000')
    expect(found).toContain('100 %: 1.000')
  })

  it('counts what the gate refused as not found', () => {
    const found = text([
      ...twenty('covid19', 'covid19'),
      ...twenty('covid19', undefined),
      ...twenty('normal', 'normal'),
    ])
    expect(found).toMatch(/covid19: 40 images, 20 refused; .*\*\*50\.0 % \(\d+\.\d–\d+\.\d\)\*\* covid19/)
    expect(found).toMatch(/shipped threshold "screening" .*: sensitivity 50\.0 %/)
  })

  it('says what the threshold of the manifest leaves undecided there, a refused image being none that is decided', () => {
    const unsure = twenty('normal', 'covid19').map((a) => ({ ...a, probabilities: [0.3, 0.1, 0.1, 0.5] }))
    const answers = [
      ...twenty('covid19', 'covid19'),
      ...twenty('normal', 'normal'),
      ...unsure,
      ...twenty('covid19', undefined),
    ]
    const found = figuresOf(answers, { ...manifest, selective: SELECTIVE }).join('\n')
    expect(found).toMatch(
      /selective, at the shipped threshold \(0\.600\): decides 50\.0 % .* occur 1\.000 instead of 0\.750/,
    )
  })

  it('says which share of sure answers is right', () => {
    const unsure = twenty('normal', 'covid19').map((a) => ({ ...a, probabilities: [0.3, 0.1, 0.1, 0.5] }))
    const found = text([...twenty('covid19', 'covid19'), ...twenty('normal', 'normal'), ...unsure])
    expect(found).toContain('100 %: 0.750, 90 %: 0.794, 80 %: 0.857, 60 %: 1.000')
  })
})
