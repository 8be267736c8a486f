import { interpolateInferno } from 'd3-scale-chromatic'

/** 256 RGB triples, 0 = no evidence. */
export type ColourMap = Uint8Array

/**
 * Matplotlib's inferno: perceptually uniform, monotone in lightness, readable by the colour-blind and in print.
 * Rainbow maps such as jet draw edges where there are none (Borland & Taylor 2007).
 */
export function inferno(): ColourMap {
  const table = new Uint8Array(256 * 3)
  for (let level = 0; level < 256; level++) {
    const hex = Number.parseInt(interpolateInferno(level / 255).slice(1), 16) // "#rrggbb"
    table[level * 3] = hex >> 16
    table[level * 3 + 1] = (hex >> 8) & 255
    table[level * 3 + 2] = hex & 255
  }
  return table
}
