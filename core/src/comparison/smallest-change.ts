import type { RegionsSpec } from '../lungs/regions.ts'

/** The smallest differences that count. */
export type SmallestChange = {
  /** Of the score of 0 … 18. */
  readonly score: number
  /** Of the share of both lungs that is opaque: the mean of the two. It decides. */
  readonly bothExtent: number
  /** Of the share of a lung that is opaque. */
  readonly extent: number
  /** Of the share of a zone that is opaque. */
  readonly zoneExtent: number
  /** The same where the largest of six zones is looked at. */
  readonly anyZoneExtent: number
}

type Unchanged = {
  readonly pairs: number
  readonly unchanged: number
  /** 95 % interval of the share. */
  readonly low: number
  readonly high: number
}

/** What `bench/comparison/retest.ts` measured and how; `retest.ts` has its figures. */
export type Retest = {
  /** Which outlined the lungs. */
  readonly network: RegionsSpec['network']
  /** Share of the differences that are not larger. */
  readonly level: number
  readonly smallest: SmallestChange
  readonly at: string
  readonly command: string
  readonly model: string
  readonly copies: {
    readonly films: number
    readonly kinds: readonly string[]
    readonly pairs: number
    readonly limits: SmallestChange
  }
  readonly repeats: { readonly pairs: number; readonly limits: SmallestChange }
  /** Copies of films that the limits were not made of. */
  readonly heldOut: { readonly copies: Unchanged; readonly copiesAtTheirOwnLimits: Unchanged }
}
