import { writeRelated } from '@detl/core/wire/multipart-related'
import type { StowDestination } from '../config.ts'
import { type Http, retryAfterS } from '../http/client.ts'
import type { DicomObject } from '../images/dicom-objects.ts'
import { FaultError } from '../queue/fault.ts'

/** DICOM JSON (PS3.18, annex F), as far as the answer of STOW-RS is read. */
type Attribute = { readonly Value?: readonly Record<string, Attribute | undefined>[] }
const REFERENCED = '00081199'
const FAILED = '00081198'

/**
 * STOW-RS of all objects. What counts is what the answer says of each object, not the HTTP status alone: archives answer 200, 202, 400 and 409
 * with some stored and some not.
 * @throws FaultError unless every object is named as stored
 */
export async function stowObjects(
  { url, headers }: StowDestination,
  http: Http,
  objects: readonly DicomObject[],
): Promise<void> {
  const { type, body } = writeRelated(objects.map(({ file }) => file))
  const response = await http(`${url.replace(/\/$/, '')}/studies`, {
    method: 'POST',
    headers: { ...headers, 'content-type': type, accept: 'application/dicom+json' },
    body,
  })
  const text = await response.text()
  const stored = instancesIn(text, REFERENCED)
  const missing = objects.filter(({ sop_instance }) => !stored.has(sop_instance))
  if (missing.length === 0) return
  const refused = [...instancesIn(text, FAILED).values()].map((code) => code.toString(16).padStart(4, '0'))
  throw new FaultError({
    code: 'store-refused',
    reason: `${new URL(url).host} answered ${response.status}: ${missing.length} of ${objects.length} objects are not stored${refused.length > 0 ? ` (${refused.join(', ')})` : ''}`,
    retryAfterS: retryAfterS(response),
  })
}

/** SOP Instance UIDs in a sequence of the answer, with their Failure Reason, 0 where there is none. */
function instancesIn(text: string, sequence: string): Map<string, number> {
  let json: Record<string, Attribute | undefined>
  try {
    const parsed = JSON.parse(text)
    json = Array.isArray(parsed) ? parsed[0] : parsed
  } catch {
    return new Map()
  }
  const value = (attribute: Attribute | undefined): unknown => attribute?.Value?.[0]
  return new Map(
    (json?.[sequence]?.Value ?? []).map((item) => [
      String(value(item?.['00081155'])),
      Number(value(item?.['00081197']) ?? 0),
    ]),
  )
}
