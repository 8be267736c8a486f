import { AppError } from '@detl/core/api/problem'
import { parseAccept } from 'hono/utils/accept'

/**
 * The most wanted of what is offered (RFC 9110, section 12.5.1), the first where all are welcome.
 * @throws AppError not-acceptable
 */
export function preferred<T extends string>(accept: string | undefined, offered: readonly T[]): T {
  if (!accept?.trim()) return offered[0]!
  const ranges = parseAccept(accept)
  const weight = (type: T): number => {
    const specificity = (range: string) =>
      range === type ? 3 : range === `${type.split('/')[0]}/*` ? 2 : range === '*/*' ? 1 : 0
    const [best] = ranges
      .map(({ type: range, q }) => ({ at: specificity(range.toLowerCase()), q }))
      .filter(({ at }) => at > 0)
      .sort((a, b) => b.at - a.at)
    return best?.q ?? 0
  }
  const [first] = offered
    .map((type) => ({ type, q: weight(type) }))
    .filter(({ q }) => q > 0)
    .sort((a, b) => b.q - a.q)
  if (first) return first.type
  throw new AppError('not-acceptable', `offered: ${offered.join(', ')}`)
}
