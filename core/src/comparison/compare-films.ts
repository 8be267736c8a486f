import type { RegionsSpec } from '../lungs/regions.ts'
import type { Ranged, Severity, ZoneSeverity } from '../lungs/severity.ts'
import { ZONES, type Zone } from '../lungs/zones.ts'
import { type Alignment, alignments, type Seen, type SeenLungs } from './align.ts'
import type { Film } from './film.ts'
import { RETEST } from './retest.ts'
import type { Retest, SmallestChange } from './smallest-change.ts'
import type { FilmRemark, NoComparison, Trend } from './trend.ts'

/** A figure of the earlier and the later film, and their difference with the range that a patient without change would stay in. */
export type Change = {
  readonly from: number
  readonly to: number
  /** `to` − `from`; the range is ± the smallest change that counts. */
  readonly change: Ranged
  readonly trend: Exclude<Trend, 'cannot-tell'>
}

export type FilmChanges = {
  /** Of the score of 0 … 18. */
  readonly score: Change
  /** Of the share of each lung that is opaque; the earlier film's left and right. `both` is their mean, which decides. */
  readonly extent: { readonly left: Change; readonly right: Change; readonly both: Change }
  /** Of the share of each zone that is opaque. */
  readonly zones: Readonly<Record<Zone, Change>>
}

/** Two films of one patient. */
export type FilmComparison = {
  readonly trend: Trend
  /** With `cannot-tell`: why. */
  readonly reason?: NoComparison
  /** Absent where the lungs of one film were not found. */
  readonly changes?: FilmChanges
  /** How the later film lies upon the earlier one; absent where the lungs of one film were not found, or one film is not here. */
  readonly alignment?: FilmAlignment
  readonly remarks: readonly FilmRemark[]
}

export type FilmAlignment = Alignment & {
  /** The later film was taken with its sides exchanged. */
  readonly mirrored: boolean
  /** It fits a little better with its sides exchanged, and was taken as it is. */
  readonly unsure: boolean
}

type Assessed = Extract<Severity, { assessable: true }>

/** Dice of lungs laid upon each other: below, they are not to be compared. Of 306 pairs of films of one patient one has less. */
const MIN_OVERLAP = 0.8
/**
 * By how much the grey levels must correlate better with the sides exchanged, for a film to be taken as mirrored. Of copies that were mirrored 99 in 100 reach it,
 * of 306 pairs of films of one patient one does.
 */
const MIRRORED = 0.06
/** Correlation of grey levels from which on two films look like one. Of 306 pairs of films of one patient none reaches it. */
const SAME = 0.99

/**
 * Compares two films of one patient: how much of the lungs is opaque, zone by zone. The figures are those of each film's own `severity`; the later film is laid upon
 * the earlier one to see whether they can be compared, whether one lies mirrored, and to show them together. The share of both lungs that is opaque decides; a difference
 * counts where it is larger than what is seen between copies of one film and between films of a patient without findings (`RETEST`).
 * @param network which outlined the lungs of both
 * @example compareFilms(manifest.regions.network, earlier, later).trend
 */
export function compareFilms(
  network: RegionsSpec['network'],
  earlier: Film,
  later: Film,
  retest: Pick<Retest, 'network' | 'smallest'> & Partial<Pick<Retest, 'copies'>> = RETEST,
): FilmComparison {
  const [from, to] = [earlier.severity, later.severity]
  if (!from.assessable) return { trend: 'cannot-tell', reason: from.reason.code, remarks: [] }
  if (!to.assessable) return { trend: 'cannot-tell', reason: to.reason.code, remarks: [] }
  const laid = earlier.seen && later.seen && layUpon(earlier.seen, later.seen)
  const changes = changesOf(from, laid?.mirrored ? sidesExchanged(to) : to, retest.smallest)
  const reason: NoComparison | undefined =
    network.sha256 !== retest.network.sha256
      ? 'not-measured'
      : laid && laid.overlap < MIN_OVERLAP
        ? 'lungs-do-not-match'
        : disagree(changes, retest.smallest)
          ? 'zones-disagree'
          : undefined
  return {
    trend: reason ? 'cannot-tell' : changes.extent.both.trend,
    ...(reason && { reason }),
    changes,
    ...(laid && { alignment: laid }),
    remarks: [
      ...(laid ? remarksOn(laid) : (['sides-unchecked'] as const)),
      ...(reason || !retest.copies ? [] : hints(changes, retest.copies.limits)),
    ],
  }
}

/** Less than what counts, and more than copies of one film differ by. */
function hints({ extent: { both } }: FilmChanges, { bothExtent }: SmallestChange): FilmRemark[] {
  if (both.trend !== 'unchanged' || Math.abs(both.change.value) <= bothExtent) return []
  return [both.change.value > 0 ? 'maybe-more' : 'maybe-less']
}

/** The later film upon the earlier one, with its sides exchanged where it fits much better so. */
function layUpon(earlier: Seen, later: Seen): FilmAlignment | undefined {
  if (typeof earlier.lungs === 'string' || typeof later.lungs === 'string') return undefined
  const { asShown, exchanged } = alignments(earlier as SeenLungs, later as SeenLungs)
  const gain = exchanged.correlation - asShown.correlation
  const mirrored = gain > MIRRORED
  return { ...(mirrored ? exchanged : asShown), mirrored, unsure: !mirrored && gain > 0 }
}

const remarksOn = ({ mirrored, unsure, correlation }: FilmAlignment): FilmRemark[] => [
  ...(mirrored ? (['sides-exchanged'] as const) : []),
  ...(unsure ? (['sides-uncertain'] as const) : []),
  ...(correlation > SAME ? (['same-film'] as const) : []),
]

function changesOf(from: Assessed, to: Assessed, smallest: SmallestChange): FilmChanges {
  const change = (a: Ranged, b: Ranged, least: number) => changeOf(a.value, b.value, least)
  return {
    score: change(from.score, to.score, smallest.score),
    extent: {
      left: change(from.extent.left, to.extent.left, smallest.extent),
      right: change(from.extent.right, to.extent.right, smallest.extent),
      both: changeOf(meanExtent(from), meanExtent(to), smallest.bothExtent),
    },
    zones: byZone((name) => change(from.zones[name].extent, to.zones[name].extent, smallest.zoneExtent)),
  }
}

const meanExtent = ({ extent: { left, right } }: Assessed): number => rounded((left.value + right.value) / 2)

function sidesExchanged(severity: Assessed): Assessed {
  const { left, right } = severity.extent
  const { A, B, C, D, E, F } = severity.zones
  const zones: Record<Zone, ZoneSeverity> = { A: D, B: E, C: F, D: A, E: B, F: C }
  return { ...severity, extent: { left: right, right: left }, zones }
}

const byZone = <T>(of: (zone: Zone) => T): Record<Zone, T> =>
  Object.fromEntries(ZONES.map((name) => [name, of(name)])) as Record<Zone, T>

function changeOf(from: number, to: number, smallest: number): Change {
  const value = to - from
  return {
    from,
    to,
    change: { value: rounded(value), low: rounded(value - smallest), high: rounded(value + smallest) },
    trend: value > smallest ? 'worse' : value < -smallest ? 'better' : 'unchanged',
  }
}

/** Whether the mean hides that zones went both ways; of six zones one goes far by chance more often than a single one, hence the wider limit. */
function disagree({ extent, zones }: FilmChanges, { anyZoneExtent }: SmallestChange): boolean {
  if (extent.both.trend !== 'unchanged') return false
  const values = ZONES.map((name) => zones[name].change.value)
  return values.some((v) => v > anyZoneExtent) && values.some((v) => v < -anyZoneExtent)
}

/** As severity is rounded. */
const rounded = (value: number): number => Math.round(value * 1000) / 1000
