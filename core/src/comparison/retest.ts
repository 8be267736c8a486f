import type { Retest } from './smallest-change.ts'

/**
 * How much severity varies where nothing changed, and so the smallest change that counts: the larger of what `level` of the copies of one film stay
 * within, and of pairs of films of one patient that were both read as normal. Written by the command that it names; not edited by hand.
 */
export const RETEST: Retest = {
  network: {
    name: 'lungs-128',
    version: '0.3.0',
    sha256: '937d6819b745dbb2be4cacbd9bbe107b321a11ce07d0545d8dd8234550e05e42',
  },
  at: '2026-11-28',
  command: 'node bench/comparison/retest.ts --copies ../shared/cxr-more --repeats ../shared/cxr',
  model: 'detl-128 0.3.0',
  level: 0.95,
  copies: {
    films: 240,
    kinds: ['mirrored', 'cropped', 're-exposed', 'rotated', 'recompressed', 'several'],
    pairs: 720,
    limits: { score: 1.19, bothExtent: 0.054, extent: 0.061, zoneExtent: 0.071, anyZoneExtent: 0.116 },
  },
  repeats: {
    pairs: 160,
    limits: { score: 3.656, bothExtent: 0.17, extent: 0.161, zoneExtent: 0.17, anyZoneExtent: 0.266 },
  },
  smallest: { score: 3.656, bothExtent: 0.17, extent: 0.161, zoneExtent: 0.17, anyZoneExtent: 0.266 },
  heldOut: {
    copies: { pairs: 720, unchanged: 719, low: 0.992, high: 1 },
    copiesAtTheirOwnLimits: { pairs: 720, unchanged: 683, low: 0.93, high: 0.962 },
  },
}
