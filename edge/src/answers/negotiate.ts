import { AppError } from '@detl/core/api/problem'
import { parseAccept } from 'hono/utils/accept'
import { REPRESENTATION_NAMES, type Representation, representationOf } from './representations.ts'

/** One representation, or several in one multipart/related body (RFC 2387). */
export type Wanted = { readonly multipart: boolean; readonly parts: readonly Representation[] }

export const isPlainJson = ({ multipart, parts }: Wanted): boolean => !multipart && parts[0] === 'json'

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
export function negotiate(accept: string | undefined): Wanted {
  if (!accept?.trim()) return { multipart: false, parts: ['json'] }
  const ranges = parseAccept(accept).map(
    ({ type, params, q }, place): Range => ({
      type: type.toLowerCase(),
      params: lowerCased(params),
      q,
      place,
    }),
  )
  const listed = acceptable(ranges)
  const multipart = ranges.find(({ type, q }) => type === 'multipart/related' && q > 0)
  if (multipart) {
    const own: Representation[] =
      multipart.params.type?.toLowerCase() === 'application/dicom' ? ['dicom', 'sr'] : []
    const parts = [...new Set([...own, ...listed.map(({ name }) => name)])]
    return { multipart: true, parts: parts.length > 0 ? parts : ['json', 'dicom', 'sr'] }
  }
  const first = listed[0]
  if (first === undefined) throw new AppError('not-acceptable', `offered: ${offered()}, multipart/related`)
  return { multipart: false, parts: [first.name] }
}

/** What the ranges ask for, one of each range, the most wanted first. */
function acceptable(ranges: readonly Range[]) {
  const byRange = new Map<Range, Representation>()
  for (const name of REPRESENTATION_NAMES) {
    const range = closest(name, ranges)
    if (range && range.q > 0 && !byRange.has(range)) byRange.set(range, name)
  }
  return [...byRange]
    .map(([range, name]) => ({ name, range }))
    .sort((a, b) => b.range.q - a.range.q || a.range.place - b.range.place)
}

/** The range that a representation is weighed by: the most specific of those that it lies in. */
function closest(name: Representation, ranges: readonly Range[]): Range | undefined {
  const { type, parameters, asked = {} } = representationOf(name)
  const own = lowerCased({ ...parameters, ...asked })
  const known = knownParameters(type)
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
const knownParameters = (type: string): ReadonlySet<string> =>
  new Set(
    REPRESENTATION_NAMES.map(representationOf)
      .filter((row) => row.type === type)
      .flatMap(({ parameters, asked }) => Object.keys(lowerCased({ ...parameters, ...asked }))),
  )

/** Names of parameters are compared without case (RFC 9110, section 5.6.6). */
const lowerCased = (params: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(params).map(([key, value]) => [key.toLowerCase(), value]))

const offered = () => [...new Set(REPRESENTATION_NAMES.map((name) => representationOf(name).type))].join(', ')
