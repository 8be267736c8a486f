import { inLungShare } from '@detl/core/lungs/cam-share'
import { findLungs, lungRemarks } from '@detl/core/lungs/find-lungs'
import type { Lungs } from '@detl/core/lungs/lung'
import { regionsOf } from '@detl/core/lungs/regions'
import { severityOf, zoneScore } from '@detl/core/lungs/severity'
import { ZONES, zonesOf } from '@detl/core/lungs/zones'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DrawnChest, drawnRegions, TEST_REGIONS } from '../../support/regions.ts'

const WHOLE = { x: 0, y: 0, width: 1, height: 1 }
const regionsIn = (chest: DrawnChest) => regionsOf(TEST_REGIONS, drawnRegions(chest))
const found = (chest: DrawnChest, picture = WHOLE) => findLungs(regionsIn(chest), picture)
const lungsIn = (chest: DrawnChest = {}): Lungs => {
  const lungs = found(chest)
  if (typeof lungs === 'string') throw new Error(lungs)
  return lungs
}
const severity = (chest: DrawnChest) => severityOf(TEST_REGIONS, regionsIn(chest), found(chest))
const assessed = (chest: DrawnChest) => {
  const all = severity(chest)
  if (!all.assessable) throw new Error(all.reason.code)
  return all
}

describe('lungs', () => {
  it('are the patient’s: the one at the left of the picture is the right one', () => {
    const { right, left } = lungsIn()
    expect(right.right).toBeLessThan(left.left)
  })

  it('are the largest part alone: a speck elsewhere is none of them', () => {
    const values = drawnRegions()
    const clean = findLungs(regionsOf(TEST_REGIONS, values.slice()), WHOLE) as Lungs
    values[1] = 1 // a corner of the plane of the lung at the left of the picture
    expect((findLungs(regionsOf(TEST_REGIONS, values), WHOLE) as Lungs).right.area).toBe(clean.right.area)
  })

  it.each<[string, DrawnChest, string]>([
    ['one of them is missing', { pictureRight: { x: 0.7, y: 0.5, rx: 0, ry: 0 } }, 'lungs-not-found'],
    ['one is a speck', { pictureRight: { x: 0.7, y: 0.5, rx: 0.04, ry: 0.08 } }, 'lungs-not-found'],
    [
      'they lie one above the other, as on an image that lies on its side',
      {
        pictureLeft: { x: 0.45, y: 0.25, rx: 0.3, ry: 0.13 },
        pictureRight: { x: 0.55, y: 0.75, rx: 0.3, ry: 0.13 },
      },
      'lungs-implausible',
    ],
    ['a side is cut off', { pictureLeft: { x: 0.02, y: 0.5, rx: 0.15, ry: 0.3 } }, 'lungs-cut-off'],
    [
      'the upper half is cut off',
      {
        pictureLeft: { x: 0.3, y: 0.03, rx: 0.13, ry: 0.3 },
        pictureRight: { x: 0.7, y: 0.03, rx: 0.13, ry: 0.3 },
      },
      'lungs-cut-off',
    ],
  ])('are not assessable where %s', (_, chest, code) => {
    expect(severity(chest)).toMatchObject({ assessable: false, reason: { code } })
  })

  it('that end at the picture’s edge are cut off, where the tensor goes on as padding too', () => {
    const chest = { pictureLeft: { x: 0.3, y: 0.5, rx: 0.13, ry: 0.3 } }
    expect(typeof found(chest)).toBe('object')
    expect(found(chest, { x: 0.3, y: 0, width: 0.7, height: 1 })).toBe('lungs-cut-off')
  })

  it.each<[string, DrawnChest, string[]]>([
    ['lie whole and upright', {}, []],
    [
      'a small part of one is cut off',
      { pictureLeft: { x: 0.1, y: 0.5, rx: 0.13, ry: 0.3 } },
      ['lungs-cut-off'],
    ],
    [
      'lie tilted',
      {
        pictureLeft: { x: 0.3, y: 0.42, rx: 0.13, ry: 0.3 },
        pictureRight: { x: 0.7, y: 0.58, rx: 0.13, ry: 0.3 },
      },
      ['lungs-tilted'],
    ],
  ])('that %s are assessed, and it is remarked on', (_, chest, remarks) => {
    expect(lungRemarks(lungsIn(chest), WHOLE, TEST_REGIONS)).toEqual(remarks)
  })

  it('of which a network is unsure are not found', () => {
    const values = drawnRegions().map((v) => v * 0.6)
    expect(findLungs(regionsOf(TEST_REGIONS, values), WHOLE)).toBe('lungs-not-found')
  })
})

describe('zones', () => {
  it('share out each lung, thirds of its height', () => {
    const lungs = lungsIn()
    const zones = zonesOf(lungs, TEST_REGIONS.width)
    const total = (values: Float32Array) => values.reduce((sum, v) => sum + v, 0)
    expect(total(zones.A) + total(zones.B) + total(zones.C)).toBeCloseTo(lungs.right.area, 3)
    expect(total(zones.D) + total(zones.E) + total(zones.F)).toBeCloseTo(lungs.left.area, 3)
    expect(total(zones.B)).toBeGreaterThan(total(zones.A)) // the middle of an ellipse is its widest part
  })

  it('A is the upper right one of the patient, F the lower left one', () => {
    const { zones } = assessed({ opacity: (x, y) => (x < 0.5 && y < 0.35 ? 1 : 0) })
    expect(zones.A.extent.value).toBeGreaterThan(0.6)
    expect(ZONES.filter((zone) => zone !== 'A').map((zone) => zones[zone].extent.value)).toEqual([
      0, 0, 0, 0, 0,
    ])
    expect(
      assessed({ opacity: (x, y) => (x > 0.5 && y > 0.65 ? 1 : 0) }).zones.F.extent.value,
    ).toBeGreaterThan(0.6)
  })
})

describe('severity', () => {
  it('of clear lungs is 0, of lungs that are all opaque 18', () => {
    expect(assessed({}).score).toEqual({ value: 0, low: 0, high: 2 })
    expect(assessed({ opacity: () => 1 }).score).toEqual({ value: 18, low: 16, high: 18 })
  })

  it('does not count what lies beside the lungs', () => {
    const beside = assessed({ opacity: (x) => (Math.abs(x - 0.5) < 0.05 ? 1 : 0) })
    expect(beside.extent.left.value + beside.extent.right.value).toBe(0)
  })

  it('says the extent of each lung: half of the left one', () => {
    const { extent } = assessed({ opacity: (x, y) => (x > 0.5 && y > 0.5 ? 1 : 0) })
    expect(extent.left.value).toBeCloseTo(0.5, 2)
    expect(extent.right).toEqual({ value: 0, low: 0, high: 0.1 })
  })

  it('rises with opacity and stays within its ranges', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (a, b) => {
          const [less, more] = [Math.min(a, b), Math.max(a, b)].map((o) => assessed({ opacity: () => o }))
          expect(less!.score.value).toBeLessThanOrEqual(more!.score.value)
          for (const { value, low, high } of [less!.score, less!.extent.left, less!.zones.C.score]) {
            expect(low).toBeGreaterThanOrEqual(0)
            expect(value).toBeGreaterThanOrEqual(low)
            expect(high).toBeGreaterThanOrEqual(value)
          }
        },
      ),
      { numRuns: 30 },
    )
  })

  it('gives a zone 1, 2 and 3 points in the middle of each third', () => {
    expect([0, 1 / 6, 1 / 2, 5 / 6, 1].map(zoneScore)).toEqual([0, 1, 2, 3, 3])
    expect(zoneScore(1 / 3)).toBeCloseTo(1.5)
  })
})

describe('the share of a map that lies in the lungs', () => {
  const place = { grid: { stride: 8, offset: 4 }, placed: { x: 0, y: 0, width: 64, height: 64 }, size: 64 }
  const map = (of: (x: number, y: number) => number) => ({
    width: 8,
    height: 8,
    data: Float32Array.from({ length: 64 }, (_, i) => of(i % 8, Math.floor(i / 8))),
  })
  const share = (of: (x: number, y: number) => number) => inLungShare(map(of), place, lungsIn(), TEST_REGIONS)

  it('is high for one that looks there, low for one that looks at the corner, and that of the area for an even one', () => {
    expect(share((x, y) => (x === 2 && (y === 3 || y === 4) ? 1 : 0))).toBeGreaterThan(0.8)
    expect(share((x, y) => (x === 0 && y === 0 ? 1 : 0))).toBe(0)
    const { right, left } = lungsIn()
    expect(share(() => 1)).toBeCloseTo((right.area + left.area) / 32 ** 2, 2)
  })

  it('is not told of a map without evidence', () => {
    expect(share(() => 0)).toBeUndefined()
  })
})

describe('the output of a model', () => {
  it.each([
    ['too short', new Float32Array(5)],
    ['beyond 1', drawnRegions().fill(1.5)],
    ['no number', drawnRegions().fill(Number.NaN)],
  ])('is refused where it is %s', (_, values) => {
    expect(() => regionsOf(TEST_REGIONS, values)).toThrow(RangeError)
  })
})
