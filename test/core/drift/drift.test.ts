import { uniform } from '@detl/core/base/random'
import { chanceIndex, driftOf, stabilityIndex, worstOf } from '@detl/core/drift/drift'
import { measuresOf, type Prediction, predictionOf, tensorStatistics } from '@detl/core/drift/prediction'
import { binOf, countsIn, parseReference, referenceOf } from '@detl/core/drift/reference'
import { describe, expect, it } from 'vitest'

const MODEL = { name: 'tb', version: '1', labels: ['normal', 'tb'] }
const AT = new Date('2026-11-28T12:34:56Z')

/** Films whose tuberculosis score and grey levels lie around given places. */
function films(n: number, seed: number, { score = 0.3, mean = 120 } = {}): Prediction[] {
  const random = uniform(seed)
  return Array.from({ length: n }, () => {
    const p = Math.min(1, Math.max(0, score + (random() - 0.5) * 0.4))
    const tensor = {
      mean: mean + (random() - 0.5) * 40,
      deviation: 50 + random() * 10,
      black: random() < 0.5 ? 0 : 0.1,
      white: 0,
      detail: 4 + random(),
    }
    return predictionOf(MODEL, tensor, { probabilities: [1 - p, p], oodScore: 20 + 60 * random() ** 2 }, AT)
  })
}

const reference = referenceOf(films(600, 1), { model: MODEL, of: 'made for a test', at: AT })
const held = (predictions: readonly Prediction[]) => {
  const rows = predictions.map(measuresOf)
  const counts = Object.fromEntries(
    Object.entries(reference.measures).map(([name, { edges }]) => [
      name,
      countsIn(
        edges,
        rows.map((row) => row[name]!),
      ),
    ]),
  )
  return driftOf(reference, counts, rows.length)
}

describe('the statistics of a tensor', () => {
  it('are those of its grey levels and its neighbours', () => {
    expect(tensorStatistics(Uint8Array.of(0, 0, 255, 255, 0, 100, 0, 100, 50), 3)).toEqual({
      mean: 84.44,
      // √(152550/9 − (760/9)²)
      deviation: 99.09,
      black: 0.4444,
      white: 0.2222,
      // (0 + 255 + 255 + 100 + 100 + 50) / 6
      detail: 126.667,
    })
  })
})

describe('a line of the log', () => {
  it('has figures and the hour, and nothing that tells a patient, a caller or a request', () => {
    const [line] = films(1, 7)
    expect(Object.keys(line!)).toEqual(['hour', 'model', 'version', 'scores', 'ood', 'tensor'])
    expect(line!.hour).toBe('2026-11-28T12Z')
    expect(Object.keys(line!.scores)).toEqual(['normal', 'tb'])
  })
})

describe('a reference', () => {
  it('has a tenth of the films in each bin, and bins for what no film had', () => {
    const { edges, counts } = reference.measures.distance!
    expect(edges).toHaveLength(11)
    expect(counts.slice(1, -1).every((n) => n >= 58 && n <= 62)).toBe(true)
    expect([counts[0], counts.at(-1)]).toEqual([0, 0])
    expect(binOf(edges, edges[0]! - 1)).toBe(0)
    expect(binOf(edges, edges.at(-1)! + 1)).toBe(11)
  })

  it('keeps values that repeat in one bin: other values are told from them', () => {
    const { edges, counts } = reference.measures['tensor white']!
    expect({ edges, counts }).toEqual({ edges: [0, 0], counts: [0, 600, 0] })
    const black = reference.measures['tensor black']!
    expect(countsIn(black.edges, [0, 0.05, 0.1, 0.2])).not.toEqual(countsIn(black.edges, [0, 0, 0.1, 0.1]))
  })

  it('is refused of another version, of too few films, and where it is damaged', () => {
    expect(() => parseReference(reference, { name: 'tb', version: '2' })).toThrow(
      'reference.json is of tb 1, the model is tb 2; make it again with `detl drift reference`',
    )
    expect(() => parseReference({ ...reference, films: 0 }, MODEL)).toThrow('films')
    expect(() => referenceOf(films(29, 1), { model: MODEL, of: 'few', at: AT })).toThrow('30 films')
    expect(parseReference(JSON.parse(JSON.stringify(reference)), MODEL)).toEqual(reference)
  })
})

describe('drift', () => {
  it('has the index that its formula gives', () => {
    // Half a film more in each of two bins: shares 50.5/101 and 10.5/101, 90.5/101.
    const [a, b] = [50.5 / 101, 10.5 / 101]
    const [c, d] = [50.5 / 101, 90.5 / 101]
    const expected = (b - a) * Math.log(b / a) + (d - c) * Math.log(d / c)
    expect(stabilityIndex([50, 50], [10, 90])).toBeCloseTo(expected, 12)
    expect(stabilityIndex([30, 70], [30, 70])).toBe(0)
  })

  it('is not told of films of the same kind, whatever chance does: 200 samples', () => {
    const levels = Array.from({ length: 200 }, (_, i) => worstOf(held(films(150 + i, 100 + i))))
    // Nine measures a sample, each exceeding chance once in a thousand times, and only then beyond 0.1.
    expect(levels.filter((level) => level === 'drift')).toEqual([])
    expect(levels.filter((level) => level === 'watch').length).toBeLessThanOrEqual(4)
  })

  it('exceeds what chance gives about once in a thousand times', () => {
    const exceeding = Array.from({ length: 1000 }, (_, i) => {
      const { edges, counts } = reference.measures.distance!
      const values = films(300, 5000 + i).map(({ ood }) => ood!)
      return stabilityIndex(counts, countsIn(edges, values)) > chanceIndex(counts.length, 600, 300)
    })
    expect(exceeding.filter(Boolean).length).toBeLessThanOrEqual(6)
  })

  it('is told of the measure that moved, and of no other', () => {
    const darker = held(films(300, 3, { mean: 100 }))
    expect(darker['tensor mean']!.level).toBe('drift')
    expect(darker['score tb']!.level).toBe('none')
    const sicker = held(films(300, 3, { score: 0.6 }))
    expect(sicker['score tb']!.level).toBe('drift')
    expect(sicker['tensor mean']!.level).toBe('none')
    expect(worstOf(sicker)).toBe('drift')
  })

  it('is not told of fewer than 100 films', () => {
    expect(worstOf(held(films(99, 3, { mean: 30 })))).toBe('few')
    expect(worstOf(held(films(100, 3, { mean: 30 })))).toBe('drift')
  })
})
