import { dice } from './dice.ts'

/** What Dice's coefficient of an outlined lung can be. */
export type OutlineLimits = {
  /** Of the outline with one that is a cell smaller all round: what so small a difference costs. */
  readonly shrunk: number
  /** Of the outline with what was found, were every cell right that lies more than three cells off the outline: what is left where no error is coarse. */
  readonly near: number
}

const NEAR = 3

/** @param drawn and found [width,width], shares; more than one half counts as inside */
export function outlineLimits(
  drawn: ArrayLike<number>,
  found: ArrayLike<number>,
  width: number,
): OutlineLimits {
  const inside: Uint8Array = Uint8Array.from(drawn, (v) => (v > 0.5 ? 1 : 0))
  let [inner, outer] = [inside, inside]
  for (let step = 0; step < NEAR; step++) {
    inner = spread(inner, width, 0)
    outer = spread(outer, width, 1)
  }
  const near = inside.map((v, i) => (outer[i] && !inner[i] ? Number(found[i]! > 0.5) : v))
  return { shrunk: dice(spread(inside, width, 0), inside), near: dice(near, inside) }
}

/** Cells of `value` take over their four neighbours. */
function spread(region: Uint8Array, width: number, value: 0 | 1): Uint8Array {
  return region.map((own, i) => {
    const x = i % width
    const around = [
      region[i - width],
      region[i + width],
      x > 0 ? region[i - 1] : undefined,
      x < width - 1 ? region[i + 1] : undefined,
    ]
    return around.includes(value) ? value : own
  })
}
