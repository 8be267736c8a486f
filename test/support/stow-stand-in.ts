import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { readRelated } from '@detl/core/wire/multipart-related'
import { readHeader } from '@detl/gateway/dicom/header'

/** An archive that takes STOW-RS and remembers, of each SOP Instance UID, the digests of what it was sent. */
export async function archiveStandIn() {
  const instances = new Map<string, Set<string>>()
  const state = { requests: 0, instances }
  const server = createServer(async (request, response) => {
    state.requests++
    const body = new Uint8Array(Buffer.concat(await request.toArray()))
    const stored: string[] = []
    for (const part of readRelated(request.headers['content-type']!, body)) {
      const { identity } = await readHeader(part.body)
      const digest = createHash('sha256').update(part.body).digest('hex')
      const known = instances.get(identity.sop_instance) ?? new Set()
      instances.set(identity.sop_instance, known.add(digest))
      stored.push(identity.sop_instance)
    }
    response.setHeader('content-type', 'application/dicom+json')
    response.end(
      JSON.stringify({
        '00081199': { vr: 'SQ', Value: stored.map((uid) => ({ '00081155': { vr: 'UI', Value: [uid] } })) },
      }),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  })
}
