import type { Severity } from '@detl/core/lungs/severity'
import { ZONES } from '@detl/core/lungs/zones'
import { expect } from 'vitest'

/** Runtimes add in another order: a cell at the border of a lung may fall to the other side. */
const WITHIN = { share: 0.005, points: 0.05 }

/** That two runtimes measured the same of an image. */
export function expectSameSeverity(one: Severity | undefined, other: Severity | undefined): void {
  expect(one).toBeDefined()
  if (!one?.assessable || !other?.assessable) {
    expect(other).toEqual(one)
    return
  }
  const near = (a: number, b: number, within: number) => expect(Math.abs(a - b)).toBeLessThan(within)
  near(one.score.value, other.score.value, WITHIN.points)
  for (const side of ['left', 'right'] as const)
    near(one.extent[side].value, other.extent[side].value, WITHIN.share)
  for (const zone of ZONES) near(one.zones[zone].extent.value, other.zones[zone].extent.value, WITHIN.share)
}
