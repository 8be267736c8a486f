import type { ImagePool } from '../images/image-pool.ts'
import { faultOf } from '../queue/fault.ts'
import type { Queue } from '../queue/queue.ts'
import type { Item } from '../queue/rows.ts'
import type { Spool } from '../queue/spool.ts'
import { idempotencyKeyOf, type Service } from './service.ts'

/** Codes that the gate opens a refusal with for an image that was not meant for screening at all. */
const NOT_MEANT = /^(wrong-modality|wrong-body-part|lateral): /

type Deps = {
  readonly queue: Queue
  readonly spool: Spool
  readonly images: ImagePool
  readonly service: Service
  readonly destinations: readonly string[]
  readonly ending: AbortSignal
}

/** One try to have an image screened. What comes of it is in the queue when it resolves; nothing where the gateway ended first. */
export async function screenItem(
  { queue, spool, images, service, destinations, ending }: Deps,
  item: Item,
): Promise<void> {
  try {
    const manifest = await service.manifest()
    const made = await images.run('tensor', { bytes: await spool.read(item), manifest })
    if (!('refused' in made)) {
      const json = await service.screen(made, idempotencyKeyOf(item, manifest), manifest)
      queue.screened(item, { json, manifest }, destinations)
    } else if (NOT_MEANT.test(made.refused.reason)) {
      queue.leftAlone(item.id, made.refused)
      await spool.remove(item)
    } else queue.refused(item, { ...made.refused, manifest }, destinations)
  } catch (error) {
    if (!ending.aborted) queue.itemFailed(item.id, faultOf(error))
  }
}
