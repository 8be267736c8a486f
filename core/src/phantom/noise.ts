/** Value noise in [0,1]: random numbers on a grid of cells × cells per unit, smoothly interpolated, periodic. */
export function smoothNoise(random: () => number, cells: number): (u: number, v: number) => number {
  const grid = Float64Array.from({ length: cells * cells }, random)
  const at = (i: number, j: number) =>
    grid[(((j % cells) + cells) % cells) * cells + (((i % cells) + cells) % cells)]!
  return (u, v) => {
    const i = Math.floor(u * cells)
    const j = Math.floor(v * cells)
    const fu = smooth(u * cells - i)
    const fv = smooth(v * cells - j)
    const upper = at(i, j) + (at(i + 1, j) - at(i, j)) * fu
    const lower = at(i, j + 1) + (at(i + 1, j + 1) - at(i, j + 1)) * fu
    return upper + (lower - upper) * fv
  }
}

const smooth = (t: number) => t * t * (3 - 2 * t)
