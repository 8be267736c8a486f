import { DISCLAIMER } from '@detl/core/api/disclaimer'
import { encodeHeatmap } from '@detl/core/api/screening'
import { PAPER_LIST } from '@detl/core/model/class-list'
import { LABELS } from '@detl/core/model/labels'
import { readAnswer } from '@detl/web/engine/read-json'
import { readOffers } from '@detl/web/screening/offers'
import { describe, expect, it } from 'vitest'

const answer = {
  id: '1',
  model: { name: 'detl-128', version: '1', preprocess: 'cxr-grey@2/128' },
  classes: PAPER_LIST.classes,
  probabilities: { normal: 0.1, other_disease: 0.2, pneumonia: 0.6, covid19: 0.1 },
  label: 'pneumonia',
  decision: {
    headline: 'No decision: there are no thresholds; highest score: pneumonia 60 %',
    outcome: 'no-thresholds',
    abstained: true,
    above: [],
    leading: 'pneumonia',
    operatingPoint: null,
    classes: [],
  },
  heatmaps: LABELS.map((label, i) => encodeHeatmap(label, { width: 2, height: 1, data: [i, i / 2] })),
  image: {
    format: 'png',
    width: 20,
    height: 10,
    crop: { x: 0, y: 0, width: 20, height: 10 },
    placed: { x: 0, y: 32, width: 128, height: 64 },
    grid: { stride: 4, offset: 16 },
  },
  quality: { warnings: [] },
  preprocessedBy: 'client',
  servedBy: 'edge',
  disclaimer: DISCLAIMER,
}

describe('the endpoint’s answer', () => {
  it('becomes scores and maps between 0 and 1 with their raw maximum', () => {
    const { label, maps, servedBy } = readAnswer(answer)
    expect([label, servedBy]).toEqual(['pneumonia', 'edge'])
    expect(maps.covid19.max).toBe(3)
    expect([...Array.from(maps.covid19.data)].map((value) => Math.round(value * 100))).toEqual([100, 50])
    expect(Array.from(maps.normal.data)).toEqual([0, 0])
  })

  it.each([
    ['has no label', { label: undefined }],
    ['misses a class’s map', { heatmaps: answer.heatmaps.slice(1) }],
    [
      'has a map of another size than it says',
      { heatmaps: answer.heatmaps.map((map) => ({ ...map, height: 3 })) },
    ],
    ['is no object', undefined],
  ])('is refused when it %s', (_, change) => {
    const damaged = change && { ...answer, ...change }
    expect(() => readAnswer(damaged)).toThrow('answer-not-understood')
  })
})

describe('what the endpoint offers', () => {
  it('is read from its OpenAPI document', () => {
    const content = { 'application/json': {}, 'application/dicom': {} }
    const paths = { '/v1/screenings': { post: { responses: { 200: { content } } } }, '/v1/usage': {} }
    expect(readOffers({ paths })).toEqual({
      representations: ['application/json', 'application/dicom'],
      paths: ['/v1/screenings', '/v1/usage'],
    })
  })

  it.each([[undefined], [null], ['text'], [{ paths: 3 }]])(
    'is nothing where that document is %j',
    (document) => {
      expect(readOffers(document)).toEqual({ representations: [], paths: [] })
    },
  )
})
