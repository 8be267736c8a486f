import type { Lung, Lungs } from './lung.ts'

/**
 * The six zones, named as the Brixia score names them (Borghesi & Maroldi 2020): A, B, C are the upper, middle and lower zone of the patient's
 * right lung, D, E, F those of the left. Brixia divides at the aortic arch and the right hilum; here each lung is divided into thirds of
 * its own height, since no network here finds those two.
 */
export const ZONES = ['A', 'B', 'C', 'D', 'E', 'F'] as const
export type Zone = (typeof ZONES)[number]

/** Which third of which lung a zone is. */
export const PLACES = {
  A: { side: 'right', level: 'upper' },
  B: { side: 'right', level: 'middle' },
  C: { side: 'right', level: 'lower' },
  D: { side: 'left', level: 'upper' },
  E: { side: 'left', level: 'middle' },
  F: { side: 'left', level: 'lower' },
} as const satisfies Record<Zone, { side: 'right' | 'left'; level: 'upper' | 'middle' | 'lower' }>

/** For each cell and zone, the share of the cell that belongs to it: [height,width] each. */
export type ZoneShares = Readonly<Record<Zone, Float32Array>>

/**
 * Both lungs in six zones. A cell that a dividing line crosses belongs to both sides in part, so that zones change smoothly with the outline.
 * @param width of the grid that the lungs are in
 */
export function zonesOf({ right, left }: Lungs, width: number): ZoneShares {
  const [a, b, c] = thirds(right, width)
  const [d, e, f] = thirds(left, width)
  return { A: a, B: b, C: c, D: d, E: e, F: f }
}

function thirds({ share, top, bottom }: Lung, width: number): [Float32Array, Float32Array, Float32Array] {
  const third = (bottom - top) / 3
  const lines = [Number.NEGATIVE_INFINITY, top + third, top + 2 * third, Number.POSITIVE_INFINITY]
  const zone = (i: number) => {
    const part = new Float32Array(share.length)
    for (let at = 0; at < share.length; at += width) {
      const row = at / width
      const inside = Math.max(0, Math.min(row + 1, lines[i + 1]!) - Math.max(row, lines[i]!))
      for (let x = at; x < at + width; x++) part[x] = share[x]! * inside
    }
    return part
  }
  return [zone(0), zone(1), zone(2)]
}

/** Mean of `values` weighted by `share`; 0 where there is nothing to weight. @param values and share of the same length */
export function meanOver(values: ArrayLike<number>, share: ArrayLike<number>): number {
  let sum = 0
  let total = 0
  for (let i = 0; i < share.length; i++) {
    sum += values[i]! * share[i]!
    total += share[i]!
  }
  return total > 0 ? sum / total : 0
}
