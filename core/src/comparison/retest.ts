import type { Retest } from './smallest-change.ts'

/**
 * How much severity varies where nothing changed, and so the smallest change that counts: the larger of what `level` of the copies of one film stay
 * within, and of pairs of films of one patient that were both read as normal. Written by the command that it names; not edited by hand.
 */
export const RETEST: Retest = {
  network: {
    name: 'lungs-128',
    version: '0.2.0',
    sha256: '90dadc6bc7f2e73765d8052cbbcca7d2237e9de6f3a6421ebd8240d143ca84cb',
  },
  at: '2026-11-28',
  command: 'node bench/comparison/retest.ts --copies ../shared/cxr-more --repeats ../shared/cxr',
  model: 'detl-128 0.3.0',
  level: 0.95,
  copies: {
    films: 240,
    kinds: ['mirrored', 'cropped', 're-exposed', 'rotated', 'recompressed', 'several'],
    pairs: 720,
    limits: { score: 1.326, bothExtent: 0.061, extent: 0.068, zoneExtent: 0.073, anyZoneExtent: 0.131 },
  },
  repeats: {
    pairs: 160,
    limits: { score: 3.745, bothExtent: 0.151, extent: 0.16, zoneExtent: 0.184, anyZoneExtent: 0.312 },
  },
  smallest: { score: 3.745, bothExtent: 0.151, extent: 0.16, zoneExtent: 0.184, anyZoneExtent: 0.312 },
  heldOut: {
    copies: { pairs: 720, unchanged: 717, low: 0.988, high: 0.999 },
    copiesAtTheirOwnLimits: { pairs: 720, unchanged: 694, low: 0.948, high: 0.975 },
  },
}
