import { AppError } from '@detl/core/api/problem'
import type { Intake } from '@detl/core/intake/taken-in'
import { encodeTensorUpload } from '@detl/core/wire/tensor-upload'
import { faultOf } from '../queue/fault.ts'
import type { Queue } from '../queue/queue.ts'
import type { Item } from '../queue/rows.ts'
import type { Spool } from '../queue/spool.ts'
import { idempotencyKeyOf, type Service } from './service.ts'
import { takeInHere } from './take-in-here.ts'

/** Codes that the gate opens a refusal with for an image that was not meant for screening at all. */
const NOT_MEANT = /^(wrong-modality|wrong-body-part|lateral): /

type Deps = {
  readonly queue: Queue
  readonly spool: Spool
  readonly service: Service
  readonly destinations: readonly string[]
}

/** One try to have an image screened. What comes of it is in the queue when it resolves. */
export async function screenItem({ queue, spool, service, destinations }: Deps, item: Item): Promise<void> {
  try {
    const manifest = await service.manifest()
    const bytes = await spool.read(item)
    let intake: Intake
    try {
      intake = await takeInHere(bytes, manifest)
    } catch (error) {
      if (!(error instanceof AppError) || !error.code.startsWith('image-')) throw error
      const fault = { code: error.code, reason: error.detail }
      if (NOT_MEANT.test(error.detail)) {
        queue.leftAlone(item.id, fault)
        await spool.remove(item)
      } else queue.refused(item.id, { ...fault, manifest }, destinations)
      return
    }
    const upload = encodeTensorUpload(intake, manifest.preprocess)
    const json = await service.screen(upload, idempotencyKeyOf(item, manifest), manifest)
    queue.screened(item.id, { json, manifest }, destinations)
  } catch (error) {
    queue.itemFailed(item.id, faultOf(error))
  }
}
