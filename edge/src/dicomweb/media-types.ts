import { AppError } from '@detl/core/api/problem'
import { EXPLICIT_LITTLE_ENDIAN } from '@detl/core/image/dicom/syntax'
import { parseAccept } from 'hono/utils/accept'

export const RELATED_DICOM = 'multipart/related; type="application/dicom"'
export const RELATED_BYTES = 'multipart/related; type="application/octet-stream"'
export const DICOM_JSON = 'application/dicom+json'
/** Of a store response. */
export const STORE_TYPES = ['application/dicom+json', 'application/dicom+xml'] as const

/**
 * The most wanted of what is offered (RFC 9110, section 12.5.1), the first where all are welcome. `multipart/related` is offered with the
 * type of its parts, as `multipart/related; type="application/dicom"`; where `Accept` names no type of parts, any will do. A transfer syntax
 * that is none of ours rules a range out (PS3.18, section 8.7.3.5).
 * @throws AppError not-acceptable
 */
export function preferred<T extends string>(accept: string | undefined, offered: readonly T[]): T {
  if (!accept?.trim()) return offered[0]!
  const ranges = parseAccept(accept)
    .filter(({ params }) => ['', '*', EXPLICIT_LITTLE_ENDIAN].includes(params['transfer-syntax'] ?? ''))
    .map(({ type, params, q }) => ({ type: type.toLowerCase(), root: params.type?.toLowerCase(), q }))
  const weight = (wanted: T): number => {
    const [type = '', root] = wanted.split(/; type=/).map((part) => part.replaceAll('"', ''))
    const specificity = (range: (typeof ranges)[number]) => {
      const anyRoot = range.root === undefined || range.root === '*/*' // as dicomweb-client of Python writes it
      if (range.type === type && (root === undefined || anyRoot)) return 3
      if (range.type === type) return range.root === root ? 4 : 0
      return range.type === `${type.split('/')[0]}/*` ? 2 : range.type === '*/*' ? 1 : 0
    }
    const [best] = ranges
      .map((range) => ({ at: specificity(range), q: range.q }))
      .filter(({ at }) => at > 0)
      .sort((a, b) => b.at - a.at || b.q - a.q)
    return best?.q ?? 0
  }
  const [first] = offered
    .map((type) => ({ type, q: weight(type) }))
    .filter(({ q }) => q > 0)
    .sort((a, b) => b.q - a.q)
  if (first) return first.type
  throw new AppError('not-acceptable', `offered: ${offered.join(', ')}`)
}
