import { AppError } from '@detl/core/api/problem'
import type { DicomJson } from '@detl/core/dicomweb/dicom-json'
import { pixelDataOf, toDicomJson } from '@detl/core/dicomweb/to-dicom-json'
import { EXPLICIT_LITTLE_ENDIAN } from '@detl/core/image/dicom/syntax'
import { relatedFrame, writeRelated } from '@detl/core/wire/multipart-related'
import type { Context, Handler } from 'hono'
import type { EdgeContext } from '../context.ts'
import type { Keeper, Owner } from '../kept/keeper.ts'
import type { Uids } from '../kept/kept-table.ts'
import { baseOf } from './address.ts'
import { checkUid } from './check-uid.ts'
import { DICOM_JSON, preferred, RELATED_BYTES, RELATED_DICOM } from './media-types.ts'
import { readQuery } from './query.ts'
import { type Level, search } from './search.ts'

export type RetrieveDeps = { readonly keeper: Keeper }

const SYNTAX = `transfer-syntax=${EXPLICIT_LITTLE_ENDIAN}`

const ownerOf = (c: Context<EdgeContext>): Owner => ({
  account: c.get('account'),
  mode: c.get('principal')!.mode,
})

/** @throws AppError request-invalid */
function uidsOf(c: Context<EdgeContext>): Uids {
  const { study, series, instance } = c.req.param() as Uids
  const uids = { ...(study && { study }), ...(series && { series }), ...(instance && { instance }) }
  for (const [name, uid] of Object.entries(uids)) checkUid(name, uid)
  return uids
}

/** QIDO-RS: 200 with what was found, 204 where nothing was (PS3.18, section 10.6.3). */
export const searchRoute =
  ({ keeper }: RetrieveDeps, level: Level): Handler<EdgeContext> =>
  async (c) => {
    const type = preferred(c.req.header('accept'), [DICOM_JSON, 'application/json'])
    const query = readQuery(c.req.queries())
    const found = search(await keeper.find(ownerOf(c), uidsOf(c)), level, query, baseOf(c))
    if (query.passedOver.length > 0)
      c.header('Warning', `299 ${new URL(c.req.url).host} "not matched by: ${query.passedOver.join(', ')}"`)
    c.header('Vary', 'Accept')
    return found.length === 0
      ? c.body(null, 204)
      : c.body(JSON.stringify(found), 200, { 'content-type': type })
  }

/** WADO-RS: the objects of a study, a series, or one object (PS3.18, section 10.4); no more than one is held at a time. */
export const retrieveRoute =
  ({ keeper }: RetrieveDeps): Handler<EdgeContext> =>
  async (c) => {
    const uids = uidsOf(c)
    const one = uids.instance !== undefined
    const files = await filesOf(c, keeper)
    const first = await files.next()
    if (first.done) throw nothing()
    const type = preferred(c.req.header('accept'), [
      RELATED_DICOM,
      ...(one ? ['application/dicom' as const] : []),
    ])
    if (type === 'application/dicom')
      return c.body(first.value.file as Uint8Array<ArrayBuffer>, 200, {
        'content-type': `${type}; ${SYNTAX}`,
      })
    const frame = relatedFrame(`application/dicom; ${SYNTAX}`)
    let next: typeof first | undefined = first
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const now = next ?? (await files.next())
        next = undefined
        controller.enqueue(now.done ? frame.end : frame.before)
        if (now.done) controller.close()
        else controller.enqueue(now.value.file)
      },
    })
    return c.body(body, 200, { 'content-type': frame.type })
  }

/** Everything of the objects but their bytes, which have addresses. */
export const metadataRoute =
  ({ keeper }: RetrieveDeps): Handler<EdgeContext> =>
  async (c) => {
    const described: DicomJson[] = []
    for await (const { study, series, instance, file } of await filesOf(c, keeper)) {
      const address = `${baseOf(c)}/studies/${study}/series/${series}/instances/${instance}/bulkdata`
      described.push(toDicomJson(file, (tag) => `${address}/${tag}`).json)
    }
    if (described.length === 0) throw nothing()
    const type = preferred(c.req.header('accept'), [DICOM_JSON, 'application/json'])
    return c.body(JSON.stringify(described), 200, { 'content-type': type })
  }

/** Bytes of one element, as its metadata give the address. */
export const bulkRoute =
  ({ keeper }: RetrieveDeps): Handler<EdgeContext> =>
  async (c) => {
    const bytes = toDicomJson(await objectOf(c, keeper), () => '').bulk.get(
      (c.req.param('tag') ?? '').toUpperCase(),
    )
    if (!bytes) throw new AppError('not-found', 'the object has no such element with bytes')
    return bytesAs(c, [bytes])
  }

/** Frames of an image, uncompressed, numbered from 1 (PS3.18, section 10.4.1.1.6); each once, or the answer could have any size. */
export const framesRoute =
  ({ keeper }: RetrieveDeps): Handler<EdgeContext> =>
  async (c) => {
    const numbers = (c.req.param('frames') ?? '').split(',').map(Number)
    if (new Set(numbers).size < numbers.length)
      throw new AppError('request-invalid', 'a frame is named twice; name each once')
    const read = toDicomJson(await objectOf(c, keeper), () => '')
    const pixels = pixelDataOf(read)
    const count = Number(read.json['00280008']?.Value?.[0] ?? 1)
    if (!pixels || numbers.some((n) => !Number.isInteger(n) || n < 1 || n > count))
      throw new AppError('not-found', `the object has ${pixels ? count : 0} frames`)
    const length = Math.floor(pixels.length / count)
    return bytesAs(
      c,
      numbers.map((n) => pixels.subarray((n - 1) * length, n * length)),
    )
  }

/** DELETE: what was kept is forgotten at once. */
export const forgetRoute =
  ({ keeper }: RetrieveDeps): Handler<EdgeContext> =>
  async (c) => {
    if ((await keeper.remove(ownerOf(c), uidsOf(c))) === 0) throw nothing()
    return c.body(null, 204)
  }

/** @throws AppError not-acceptable */
function bytesAs(c: Context<EdgeContext>, parts: readonly Uint8Array[]): Response {
  const type = preferred(c.req.header('accept'), [RELATED_BYTES, 'application/octet-stream'])
  if (type === 'application/octet-stream' && parts.length === 1)
    return c.body(parts[0] as Uint8Array<ArrayBuffer>, 200, { 'content-type': type })
  const whole = writeRelated(parts, `application/octet-stream; ${SYNTAX}`)
  return c.body(whole.body, 200, { 'content-type': whole.type })
}

/** The objects that the address names, one after another. */
async function filesOf(c: Context<EdgeContext>, keeper: Keeper) {
  const owner = ownerOf(c)
  const found = await keeper.find(owner, uidsOf(c))
  return (async function* () {
    for (const { study, series, instance } of found) {
      const file = await keeper.file(owner, instance)
      if (file) yield { study, series, instance, file } // else its time has just come
    }
  })()
}

/** The one object that the address names. @throws AppError not-found */
async function objectOf(c: Context<EdgeContext>, keeper: Keeper): Promise<Uint8Array> {
  const { value } = await (await filesOf(c, keeper)).next()
  if (!value) throw nothing()
  return value.file
}

const nothing = () => new AppError('not-found', 'nothing of that is kept: never, or no longer')
