import type { Language } from '@detl/core/model/classes'
import type { Destination } from '../config.ts'
import { httpClient } from '../http/client.ts'
import { FaultError, faultOf } from '../queue/fault.ts'
import type { Queue } from '../queue/queue.ts'
import type { Delivery } from '../queue/rows.ts'
import type { Spool } from '../queue/spool.ts'
import { dicomObjects } from './dicom-objects.ts'
import { storeObjects } from './dimse-scu.ts'
import { sendBundle, toBundle } from './fhir.ts'
import { controlId, toOru } from './hl7-message.ts'
import { sendHl7 } from './mllp.ts'
import { backendServices } from './smart.ts'
import { stowObjects } from './stow.ts'
import { type Subject, subjectOf } from './subject.ts'

type Send = (subject: Subject) => Promise<void>

/** How a destination is told. @param aet of this gateway */
export function sender(destination: Destination, aet: string): Send {
  const http = httpClient(destination.tls)
  switch (destination.kind) {
    case 'dimse':
      return async (subject) =>
        storeObjects(destination, aet, await dicomObjects(subject, destination.objects))
    case 'stow':
      return async (subject) =>
        stowObjects(destination, http, await dicomObjects(subject, destination.objects))
    case 'hl7':
      return async (subject) => sendHl7(destination, await toOru(subject, destination), controlId(subject))
    case 'fhir': {
      const tokens = backendServices(destination, http)
      return async (subject) => sendBundle(destination, http, tokens, await toBundle(subject, destination))
    }
  }
}

type Deps = {
  readonly queue: Queue
  readonly spool: Spool
  readonly language: Language
  readonly senders: ReadonlyMap<string, Send>
}

/** One try to tell a destination. What comes of it is in the queue when it resolves. */
export async function deliver(deps: Deps, delivery: Delivery): Promise<void> {
  const { queue, spool, senders } = deps
  try {
    const send = senders.get(delivery.destination)
    if (!send)
      throw new FaultError({
        code: 'destination-unknown',
        reason: `the configuration has no destination ${delivery.destination} any more`,
        final: true,
      })
    const item = queue.item(delivery.item)!
    await send(await subjectOf(deps, item))
    if (queue.delivered(delivery.id)) await spool.remove(item)
  } catch (error) {
    queue.deliveryFailed(delivery.id, faultOf(error))
  }
}
