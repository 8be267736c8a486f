import type { Language } from '@detl/core/model/classes'
import { parseManifest } from '@detl/core/model/manifest'
import type { Destination } from '../config.ts'
import { httpClient } from '../http/client.ts'
import type { ImagePool } from '../images/image-pool.ts'
import type { SubjectSource } from '../images/subject.ts'
import { FaultError, faultOf } from '../queue/fault.ts'
import type { Queue } from '../queue/queue.ts'
import type { Delivery } from '../queue/rows.ts'
import type { Spool } from '../queue/spool.ts'
import { commitObjects } from './commit.ts'
import type { Commitments } from './commitments.ts'
import { storeObjects } from './dimse-scu.ts'
import { sendBundle } from './fhir.ts'
import { sendHl7 } from './mllp.ts'
import { backendServices } from './smart.ts'
import { stowObjects } from './stow.ts'

type Send = (of: SubjectSource) => Promise<void>

/** What destinations share. */
type Shared = {
  /** AE title of this gateway. */
  readonly aet: string
  readonly images: ImagePool
  readonly commitments: Commitments
  /** What is under way ends with it. */
  readonly ending: AbortSignal
}

/** How a destination is told. */
export function sender(to: Destination, { aet, images, commitments, ending }: Shared): Send {
  const http = httpClient(to.tls, ending)
  switch (to.kind) {
    case 'dimse':
      return async (of) => {
        const { commitment } = to
        const objects = await images.run('objects', { ...of, kinds: to.objects })
        await storeObjects(to, aet, objects, ending)
        if (commitment) await commitObjects({ ...to, commitment }, aet, objects, { commitments, ending })
      }
    case 'stow':
      return async (of) => stowObjects(to, http, await images.run('objects', { ...of, kinds: to.objects }))
    case 'hl7':
      return async (of) => {
        const { message, controlId } = await images.run('message', { ...of, to })
        await sendHl7(to, message, controlId, ending)
      }
    case 'fhir': {
      const tokens = backendServices(to, http)
      return async (of) => sendBundle(to, http, tokens, await images.run('bundle', { ...of, to }))
    }
  }
}

type Deps = {
  readonly queue: Queue
  readonly spool: Spool
  readonly language: Language
  readonly senders: ReadonlyMap<string, Send>
  readonly ending: AbortSignal
}

/** One try to tell a destination. What comes of it is in the queue when it resolves; nothing where the gateway ended first. */
export async function deliver(
  { queue, spool, language, senders, ending }: Deps,
  delivery: Delivery,
): Promise<void> {
  try {
    const send = senders.get(delivery.destination)
    if (!send)
      throw new FaultError({
        code: 'destination-unknown',
        reason: `the configuration has no destination ${delivery.destination} any more`,
        final: true,
      })
    const item = queue.item(delivery.item)!
    const manifest = parseManifest(JSON.parse(queue.manifestOf(item)!))
    await send({ item, bytes: await spool.read(item), manifest, language })
    if (queue.delivered(delivery.id)) await spool.remove(item)
  } catch (error) {
    if (!ending.aborted) queue.deliveryFailed(delivery.id, faultOf(error))
  }
}
