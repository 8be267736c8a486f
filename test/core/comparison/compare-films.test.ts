import { readFileSync } from 'node:fs'
import { keptFilm } from '@detl/core/answers/comparison/compared'
import type { Screening } from '@detl/core/api/screening'
import { type Affine, chained, MIRROR, warped } from '@detl/core/comparison/affine'
import { compareFilms } from '@detl/core/comparison/compare-films'
import type { Film } from '@detl/core/comparison/film'
import { registerLungs } from '@detl/core/comparison/register'
import { RETEST } from '@detl/core/comparison/retest'
import { findLungs } from '@detl/core/lungs/find-lungs'
import type { Lungs } from '@detl/core/lungs/lung'
import { regionsOf } from '@detl/core/lungs/regions'
import { severityOf } from '@detl/core/lungs/severity'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testManifest } from '../../support/manifest.ts'
import { type DrawnChest, drawnRegions, TEST_REGIONS } from '../../support/regions.ts'

const WHOLE = { x: 0, y: 0, width: 1, height: 1 }
const SIZE = 64
const GRID = { ...TEST_REGIONS, height: SIZE, width: SIZE }
const { network } = TEST_REGIONS
const smallest = { score: 3, bothExtent: 0.12, extent: 0.15, zoneExtent: 0.15, anyZoneExtent: 0.25 }
const retest = { network, smallest }

/** Lungs of unlike shape, as real ones are, and a heart at the right of the picture. */
const CHEST: DrawnChest = {
  pictureLeft: { x: 0.3, y: 0.5, rx: 0.14, ry: 0.32 },
  pictureRight: { x: 0.7, y: 0.48, rx: 0.11, ry: 0.29 },
}
const heart = (x: number, y: number) => (((x - 0.58) / 0.12) ** 2 + ((y - 0.62) / 0.15) ** 2 < 1 ? 200 : 60)

function filmOf(chest: DrawnChest, level: (x: number, y: number) => number = heart): Film {
  const regions = regionsOf(GRID, drawnRegions({ ...CHEST, ...chest }, GRID))
  const lungs = findLungs(regions, WHOLE)
  const tensor = Uint8Array.from({ length: SIZE * SIZE }, (_, i) =>
    level(((i % SIZE) + 0.5) / SIZE, (Math.floor(i / SIZE) + 0.5) / SIZE),
  )
  return { severity: severityOf(TEST_REGIONS, regions, lungs), seen: { regions, lungs, tensor, size: SIZE } }
}
const compare = (a: Film, b: Film) => compareFilms(network, a, b, retest)

describe('two films', () => {
  it('are unchanged where nothing changed, and look like one film', () => {
    const film = filmOf({ opacity: (_, y) => (y > 0.6 ? 0.8 : 0) })
    const { trend, changes, remarks, alignment } = compare(film, film)
    expect({ trend, change: changes?.score.change.value, remarks }).toEqual({
      trend: 'unchanged',
      change: 0,
      remarks: ['same-film'],
    })
    expect(alignment).toMatchObject({ mirrored: false })
    expect(alignment!.overlap).toBeGreaterThan(0.99)
  })

  it('are worse where more is opaque, zone by zone, and better the other way round', () => {
    const before = filmOf({})
    const after = filmOf({ opacity: (x, y) => (x < 0.5 && y > 0.5 ? 0.9 : 0) })
    const { trend, changes } = compare(before, after)
    expect(trend).toBe('worse')
    expect(changes!.zones.C).toMatchObject({ trend: 'worse', from: 0 })
    expect(changes!.zones.A.trend).toBe('unchanged')
    expect(changes!.zones.F.trend).toBe('unchanged')
    expect(changes!.extent.right.trend).toBe('worse')
    const back = compare(after, before)
    expect(back.trend).toBe('better')
    expect(back.changes!.score.change.value).toBe(-changes!.score.change.value)
  })

  it('have the figures of their own severity, and a range of the smallest change that counts', () => {
    const [a, b] = [filmOf({}), filmOf({ opacity: () => 0.3 })]
    const { score } = compare(a, b).changes!
    expect(a.severity.assessable && b.severity.assessable).toBe(true)
    expect([score.from, score.to]).toEqual(
      [a, b].map(({ severity }) => severity.assessable && severity.score.value),
    )
    expect(score.change.high - score.change.low).toBeCloseTo(2 * smallest.score, 3)
  })

  it('are judged by the share of both lungs, whatever the score of zones says', () => {
    const [a, b] = [filmOf({ opacity: () => 0.6 }), filmOf({ opacity: () => 0.75 })]
    const { trend, changes } = compare(a, b)
    const { left, right, both } = changes!.extent
    expect(both.change.value).toBeCloseTo((left.change.value + right.change.value) / 2, 2)
    expect([trend, both.trend, changes!.score.trend]).toEqual(['worse', 'worse', 'unchanged'])
  })

  it.each([
    ['maybe-more', 0.2, 0.28],
    ['maybe-less', 0.28, 0.2],
  ])('that differ by less than what counts, and by more than copies do: %s', (remark, before, after) => {
    const copies = { ...RETEST.copies, limits: { ...smallest, bothExtent: 0.05 } }
    const [a, b] = [filmOf({ opacity: () => before }), filmOf({ opacity: () => after })]
    const hinted = compareFilms(network, a, b, { ...retest, copies })
    expect(hinted.trend).toBe('unchanged')
    expect(hinted.remarks).toContain(remark)
    expect(compareFilms(network, a, a, { ...retest, copies }).remarks).toEqual(['same-film'])
  })

  it('of which one lies mirrored are compared with its sides exchanged, and it is said', () => {
    const opacity = (x: number, y: number) => (x < 0.5 && y > 0.6 ? 0.9 : 0)
    const film = filmOf({ opacity })
    const mirrored = filmOf(
      {
        pictureLeft: { ...CHEST.pictureRight!, x: 1 - CHEST.pictureRight!.x },
        pictureRight: { ...CHEST.pictureLeft!, x: 1 - CHEST.pictureLeft!.x },
        opacity: (x, y) => opacity(1 - x, y),
      },
      (x, y) => heart(1 - x, y),
    )
    const { trend, changes, remarks, alignment } = compare(film, mirrored)
    expect(trend).toBe('unchanged')
    expect(remarks).toContain('sides-exchanged')
    expect(alignment!.mirrored).toBe(true)
    expect(Object.values(changes!.zones).map((zone) => zone.trend)).toEqual(Array(6).fill('unchanged'))
  })

  it.each<[string, Film, Film, string]>([
    [
      'one has no lungs',
      filmOf({ pictureRight: { x: 0.7, y: 0.5, rx: 0, ry: 0 } }),
      filmOf({}),
      'lungs-not-found',
    ],
    [
      'zones went both ways',
      filmOf({ opacity: (x, y) => (x < 0.5 && y > 0.6 ? 0.9 : 0) }),
      filmOf({ opacity: (x, y) => (x > 0.5 && y > 0.6 ? 0.9 : 0) }),
      'zones-disagree',
    ],
    [
      'lungs do not lie upon each other',
      filmOf({}),
      filmOf({
        pictureLeft: { x: 0.15, y: 0.75, rx: 0.13, ry: 0.2 },
        pictureRight: { x: 0.75, y: 0.45, rx: 0.22, ry: 0.42 },
      }),
      'lungs-do-not-match',
    ],
  ])('cannot be told where %s', (_, a, b, reason) => {
    expect(compare(a, b)).toMatchObject({ trend: 'cannot-tell', reason })
  })

  it('have no verdict where it was not measured how the model’s figures vary', () => {
    const film = filmOf({})
    expect(compareFilms(network, film, film)).toMatchObject({ trend: 'cannot-tell', reason: 'not-measured' })
  })

  it('of which the answers alone were kept are compared all the same, with a remark', () => {
    const { severity } = filmOf({})
    const { trend, remarks, alignment } = compare({ severity }, filmOf({}))
    expect({ trend, remarks, alignment }).toEqual({
      trend: 'unchanged',
      remarks: ['sides-unchecked'],
      alignment: undefined,
    })
  })
})

describe('a kept answer', () => {
  it('is refused where its severity is of another network of the lungs, though the model’s version is the same', () => {
    const { severity } = filmOf({})
    const manifest = testManifest({ regions: TEST_REGIONS })
    const { name, version } = manifest
    const of = (lungs: typeof network) =>
      keptFilm({ id: 'kept', severity, model: { name, version, lungs } } as Screening, manifest)
    expect(of(network).id).toBe('kept')
    expect(() => of({ ...network, sha256: '1'.repeat(64) })).toThrow(/another network of the lungs/)
  })
})

describe('registration', () => {
  it('finds how lungs were moved, stretched and turned', () => {
    const regions = regionsOf(GRID, drawnRegions(CHEST, GRID))
    const lungs = findLungs(regions, WHOLE) as Lungs
    fc.assert(
      fc.property(
        fc.double({ min: 0.85, max: 1.15, noNaN: true }),
        fc.double({ min: -0.08, max: 0.08, noNaN: true }),
        fc.double({ min: -0.04, max: 0.04, noNaN: true }),
        (scale, turn, shift) => {
          const about = (1 - scale) / 2
          const affine: Affine = [scale, -turn, about + turn / 2 + shift, turn, scale, about - turn / 2]
          const moved = {
            ...regions,
            pictureLeft: warped(regions.pictureLeft, regions, affine),
            pictureRight: warped(regions.pictureRight, regions, affine),
          }
          const there = findLungs(moved, WHOLE)
          fc.pre(typeof there !== 'string')
          const found = registerLungs(there as Lungs, lungs, regions)
          expect(found.overlap).toBeGreaterThan(0.97)
          // Within a cell at the corners of the chest.
          for (const [x, y] of [
            [0.2, 0.2],
            [0.8, 0.2],
            [0.2, 0.8],
            [0.8, 0.8],
          ] as const) {
            const [want, got] = [affine, found.affine].map(([a, b, c, d, e, f]) => [
              a * x + b * y + c,
              d * x + e * y + f,
            ])
            expect(Math.hypot(want![0]! - got![0]!, want![1]! - got![1]!)).toBeLessThan(1 / SIZE)
          }
        },
      ),
      { numRuns: 25 },
    )
  })

  it('exchanges sides twice to none', () => {
    expect(chained(MIRROR, MIRROR)).toEqual([1, 0, 0, 0, 1, 0])
  })
})

describe('the smallest change that counts', () => {
  it.each(['detl-128', 'mobilenet-v2-160'])(
    'was measured with the network that outlines the lungs of %s; else: node bench/comparison/retest.ts',
    (name) => {
      const manifest = JSON.parse(readFileSync(`models/${name}/manifest.json`, 'utf8'))
      expect(RETEST.network).toEqual(manifest.regions.network)
    },
  )

  it('is the larger of what copies and repeated films stay within', () => {
    const { copies, repeats, smallest: used } = RETEST
    for (const name of ['score', 'bothExtent', 'extent', 'zoneExtent', 'anyZoneExtent'] as const)
      expect(used[name]).toBe(Math.max(copies.limits[name], repeats.limits[name]))
  })

  it('leaves at least 95 % of the copies unchanged of films that it was not taken from', () => {
    const { pairs, unchanged } = RETEST.heldOut.copies
    expect(pairs).toBeGreaterThan(500)
    expect(unchanged / pairs).toBeGreaterThanOrEqual(0.95)
  })
})
