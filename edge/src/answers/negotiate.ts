import { AppError } from '@detl/core/api/problem'
import { parseAccept } from 'hono/utils/accept'

/** What a screening can be answered as. `sr` is the DICOM structured report: same media type as the overlay, told apart by a parameter. */
export const REPRESENTATIONS = ['json', 'fhir', 'dicom', 'sr', 'png'] as const
export type Representation = (typeof REPRESENTATIONS)[number]

/** One representation, or several in one multipart/related body (RFC 2387). */
export type Wanted = { readonly multipart: boolean; readonly parts: readonly Representation[] }

export const isPlainJson = ({ multipart, parts }: Wanted): boolean => !multipart && parts[0] === 'json'

const BY_TYPE: Readonly<Record<string, Representation>> = {
  'application/json': 'json',
  'application/fhir+json': 'fhir',
  'application/dicom': 'dicom',
  'image/png': 'png',
}

/**
 * `Accept` (RFC 9110, section 12.5.1) → what to answer; JSON unless the caller prefers another. With `multipart/related` among them, every other
 * type in the header becomes a part; its parameter `type="application/dicom"`, as DICOMweb writes it, means overlay and report.
 * @throws AppError not-acceptable
 */
export function negotiate(accept: string | undefined): Wanted {
  if (!accept?.trim()) return { multipart: false, parts: ['json'] }
  const wanted = parseAccept(accept)
    .filter(({ q }) => q > 0)
    .map(({ type, params }) => ({ type: type.toLowerCase(), params }))
  const multipart = wanted.find(({ type }) => type === 'multipart/related')
  const listed = wanted.flatMap(({ type, params }): Representation[] => {
    if (type === '*/*' || type === 'application/*') return ['json']
    if (type === 'image/*') return ['png']
    const known = BY_TYPE[type]
    if (known === 'dicom' && params.object?.replaceAll('"', '') === 'sr') return ['sr']
    return known ? [known] : []
  })
  if (multipart) {
    const type = multipart.params.type?.replaceAll('"', '').toLowerCase()
    const own: Representation[] = type === 'application/dicom' ? ['dicom', 'sr'] : []
    const parts = [...new Set([...own, ...listed])]
    return { multipart: true, parts: parts.length > 0 ? parts : ['json', 'dicom', 'sr'] }
  }
  const first = listed[0]
  if (first === undefined)
    throw new AppError('not-acceptable', `offered: ${Object.keys(BY_TYPE).join(', ')}, multipart/related`)
  return { multipart: false, parts: [first] }
}
