import { AppError, codeOf } from '@detl/core/api/problem'
import { objection } from '@detl/core/gate/examination'
import { type Header, readHeader } from '../dicom/header.ts'
import type { Queue } from '../queue/queue.ts'
import type { Identity } from '../queue/rows.ts'
import type { Spool } from '../queue/spool.ts'

/** Images that are screened: Computed Radiography and Digital X-Ray for presentation (PS3.4, annex B.5). */
export const SCREENED_CLASSES = ['1.2.840.10008.5.1.4.1.1.1', '1.2.840.10008.5.1.4.1.1.1.1'] as const

/** What became of an object at the door. */
export type Reception =
  /** It is on the disk, and will be answered. */
  | 'accepted'
  /** It was taken in before. */
  | 'again'
  /** No chest X-ray by its header: nothing is done with it. */
  | 'left-alone'
  /** It was taken in before as another patient's or another study's. */
  | 'contradicted'
  /** Too much waits: the sender keeps it. */
  | 'full'
  /** No DICOM object, or one that does not say which it is. */
  | 'unreadable'
  /** Another object than its sender, or the address that it was asked for under, says: not taken in. */
  | 'mismatch'

export type Received = { readonly outcome: Reception; readonly header?: Header; readonly reason?: string }
/** @param named what the object must be */
export type Receive = (bytes: Uint8Array, source: string, named?: Named) => Promise<Received>
/** What of an object is known without it. */
export type Named = Partial<Pick<Identity, 'sop_instance' | 'study'>>

type Deps = {
  readonly queue: Queue
  readonly spool: Spool
  readonly limits: { readonly maxBytes: number; readonly maxWaiting: number }
  readonly wake: () => void
}

/**
 * The only door into the queue, for every way in: once it resolves with `accepted`, the image is on the disk and will be answered, whatever
 * happens to this process. Bytes are kept as they came.
 */
export function receiver({ queue, spool, limits, wake }: Deps): Receive {
  let last: Promise<unknown> = Promise.resolve()

  async function take(bytes: Uint8Array, source: string, named: Named): Promise<Received> {
    if (bytes.length > limits.maxBytes)
      return { outcome: 'unreadable', reason: `${bytes.length} bytes; accepted: ${limits.maxBytes}` }
    let header: Header
    try {
      header = await readHeader(bytes)
    } catch (error) {
      if (!(error instanceof AppError) || codeOf(error) === 'internal') throw error
      return { outcome: 'unreadable', reason: error.detail }
    }
    const { identity } = header
    const differs = differenceFrom(named, identity)
    if (differs !== undefined) return { outcome: 'mismatch', header, reason: differs }
    const other = notForUs(header)
    if (other !== undefined) return { outcome: 'left-alone', header, reason: other }
    const known = queue.find(identity.sop_instance)
    if (known?.patient === identity.patient) return { outcome: 'again', header }
    if (known) {
      await spool.write({ ...known, revision: known.revision + 1 }, bytes)
      queue.contradicted(known.id, identity, CONTRADICTED)
      await spool.remove(known)
      return { outcome: 'contradicted', header, reason: CONTRADICTED.reason }
    }
    if (queue.waiting() >= limits.maxWaiting)
      return { outcome: 'full', header, reason: `${limits.maxWaiting} images wait` }
    await spool.write({ sop_instance: identity.sop_instance, revision: 0 }, bytes)
    queue.add(identity, source)
    wake()
    return { outcome: 'accepted', header }
  }

  // One at a time: an instance that comes twice at once is one image.
  return (bytes, source, named = {}) => {
    const taken = last.then(async () => {
      const received = await take(bytes, source, named)
      if (received.outcome !== 'accepted' && received.outcome !== 'contradicted')
        queue.count(received.outcome)
      return received
    })
    last = taken.catch(() => undefined)
    return taken
  }
}

/** What an object has that it should not; undefined if it is the one that was named. */
function differenceFrom({ sop_instance, study }: Named, identity: Identity): string | undefined {
  if (sop_instance !== undefined && identity.sop_instance !== sop_instance)
    return `its SOP Instance UID is ${identity.sop_instance}`
  if (study !== undefined && identity.study !== study) return `its Study Instance UID is ${identity.study}`
  return undefined
}

/** Why an object is not for this gateway, by its header; undefined if it may be. */
function notForUs({ identity, examination }: Header): string | undefined {
  if (!SCREENED_CLASSES.some((one) => one === identity.sop_class))
    return 'it is no CR image and no DX image for presentation'
  return objection(examination)?.detail
}

const CONTRADICTED = {
  code: 'identity-changed',
  reason:
    'the same SOP Instance UID came with another Patient ID or Study Instance UID. Look which of both is right in the archive, and remove the other (Orthanc keeps both, and may answer 404 for the study); what came last is screened after `detl gateway resend`',
}
