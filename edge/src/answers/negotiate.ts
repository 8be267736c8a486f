import { AppError } from '@detl/core/api/problem'
import { parseAccept } from 'hono/utils/accept'

/** What negotiation reads of a representation's row. */
export type Offered = {
  readonly type: string
  /** Media type parameters that belong to it: a range of `Accept` that has one of them with another value means something else. */
  readonly parameters?: Readonly<Record<string, string>>
  /** Parameters that only we tell representations of one type apart by: it is chosen only where `Accept` names them all. */
  readonly asked?: Readonly<Record<string, string>>
}

/** Representations of one resource, in order of preference, and what comes where `Accept` names none: `json` is one of them. */
export type Offer<N extends string> = {
  readonly rows: Readonly<Record<N, Offered>>
  /** Of `multipart/related` with nothing else; and with `type="application/dicom"`. */
  readonly together: { readonly plain: readonly N[]; readonly dicom: readonly N[] }
}

/** One representation, or several in one multipart/related body (RFC 2387). */
export type Wanted<N extends string> = { readonly multipart: boolean; readonly parts: readonly N[] }

export const isPlainJson = ({ multipart, parts }: Wanted<string>): boolean =>
  !multipart && parts[0] === 'json'

/** A media range of `Accept`; `place` is where it stands among those with its weight. */
type Range = {
  readonly type: string
  readonly params: Readonly<Record<string, string>>
  readonly q: number
  readonly place: number
}

/**
 * `Accept` (RFC 9110, section 12.5.1) → what to answer: what is preferred by weight, then by order; JSON where all are welcome. What has
 * the weight 0 is not given. With `multipart/related` among them, every other type in the header becomes a part; its parameter
 * `type="application/dicom"`, as DICOMweb writes it, means overlay and report. Parameters that are not known are not looked at.
 * @throws AppError not-acceptable
 */
export function negotiate<N extends string>(
  accept: string | undefined,
  { rows, together }: Offer<N | 'json'>,
): Wanted<N | 'json'> {
  if (!accept?.trim()) return { multipart: false, parts: ['json'] }
  const ranges = parseAccept(accept).map(
    ({ type, params, q }, place): Range => ({
      type: type.toLowerCase(),
      params: lowerCased(params),
      q,
      place,
    }),
  )
  const listed = acceptable(ranges, rows)
  const multipart = ranges.find(({ type, q }) => type === 'multipart/related' && q > 0)
  if (multipart) {
    const own = multipart.params.type?.toLowerCase() === 'application/dicom' ? together.dicom : []
    const parts = [...new Set([...own, ...listed.map(({ name }) => name)])]
    return { multipart: true, parts: parts.length > 0 ? parts : together.plain }
  }
  const first = listed[0]
  if (first === undefined)
    throw new AppError('not-acceptable', `offered: ${offered(rows)}, multipart/related`)
  return { multipart: false, parts: [first.name] }
}

/** What the ranges ask for, one of each range, the most wanted first. */
function acceptable<N extends string>(ranges: readonly Range[], rows: Readonly<Record<N, Offered>>) {
  const byRange = new Map<Range, N>()
  for (const name of Object.keys(rows) as N[]) {
    const range = closest(rows[name], ranges, Object.values(rows))
    if (range && range.q > 0 && !byRange.has(range)) byRange.set(range, name)
  }
  return [...byRange]
    .map(([range, name]) => ({ name, range }))
    .sort((a, b) => b.range.q - a.range.q || a.range.place - b.range.place)
}

/** The range that a representation is weighed by: the most specific of those that it lies in. */
function closest(
  { type, parameters, asked = {} }: Offered,
  ranges: readonly Range[],
  rows: readonly Offered[],
): Range | undefined {
  const own = lowerCased({ ...parameters, ...asked })
  const known = knownParameters(type, rows)
  const specificity = (range: Range): number => {
    if (range.type === '*/*') return 1
    if (range.type === `${type.split('/')[0]}/*`) return 2
    if (range.type !== type) return 0
    const named = Object.keys(range.params).filter((key) => known.has(key))
    if (named.some((key) => range.params[key]?.toLowerCase() !== own[key])) return 0
    return 3 + named.length
  }
  const [best] = ranges
    .map((range) => ({ range, at: specificity(range) }))
    .filter(({ at }) => at > 0)
    .sort((a, b) => b.at - a.at || a.range.place - b.range.place)
  const unasked = Object.keys(asked).some((key) => best?.range.params[key] === undefined)
  if (unasked && best && best.range.q > 0) return undefined
  return best?.range
}

/** Parameters by which representations of a media type are told apart; others say nothing here. */
const knownParameters = (type: string, rows: readonly Offered[]): ReadonlySet<string> =>
  new Set(
    rows
      .filter((row) => row.type === type)
      .flatMap(({ parameters, asked }) => Object.keys(lowerCased({ ...parameters, ...asked }))),
  )

/** Names of parameters are compared without case (RFC 9110, section 5.6.6). */
const lowerCased = (params: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(params).map(([key, value]) => [key.toLowerCase(), value]))

const offered = (rows: Readonly<Record<string, Offered>>) =>
  [...new Set(Object.values(rows).map(({ type }) => type))].join(', ')
