import type { ComparisonRemark, FaultOfTwo, Trend } from '../../comparison/trend.ts'

/** All words of a comparison that people read, in one language. */
export type ComparisonWords = {
  readonly title: string
  /** What it is not: in every representation. */
  readonly notice: string
  readonly trend: Readonly<Record<Trend, string>>
  /** The same as one word, in a column. */
  readonly trendInAWord: Readonly<Record<Trend, string>>
  /** @param from and to shares of both lungs @param smallest the smallest change that counts */
  measured(trend: string, from: string, to: string, change: string, smallest: string): string
  unmeasured(trend: string, reason: string): string
  readonly reason: Readonly<Record<FaultOfTwo, string>>
  readonly remark: Readonly<Record<ComparisonRemark, string>>
  readonly columns: Readonly<Record<'zone' | 'from' | 'to' | 'change' | 'trend', string>>
  film(number: number, taken: string | undefined): string
  days(count: number): string
  difference(from: number, to: number): string
  /** Ends of the scale of the difference. */
  readonly less: string
  readonly more: string
  /** Of the series of a DICOM report. */
  readonly series: string
  changeOf(what: string): string
  /** The range around a change. */
  range(low: string, high: string): string
}
