import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

type Asked = { readonly path: string; readonly authorization: string | undefined }

/**
 * An archive: serves images over HTTP, at `/N.png` the N-th of them, as often as there are some, and below `/studies/` as DICOMweb does.
 * Below `/drips` images begin and do not go on, until that is `mended`.
 * `trouble` has statuses that paths answer with instead.
 */
export async function imageServer(images: readonly Uint8Array[]) {
  const trouble = new Map<string, number>()
  const asked: Asked[] = []
  const state = { mended: false }
  const server = createServer((request, response) => {
    const path = request.url!
    asked.push({ path, authorization: request.headers.authorization })
    const status = trouble.get(path.split('?')[0]!) ?? 200
    if (status !== 200) {
      response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end()
      return
    }
    if (path.startsWith('/drips') && !state.mended) {
      // It says that it is large, and hardly comes.
      response.writeHead(200, { 'content-length': 900_000 }).write(Buffer.alloc(10))
      return
    }
    const image = images[Number(/(\d+)(\.png)?$/.exec(path.split('?')[0]!)?.[1] ?? 0) % images.length]!
    if (!path.includes('/studies/')) {
      response.end(image)
      return
    }
    response.setHeader('content-type', 'multipart/related; type="application/dicom"; boundary=b')
    const head = Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n')
    response.end(Buffer.concat([head, image, Buffer.from('\r\n--b--\r\n')]))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    trouble,
    asked,
    set mended(mended: boolean) {
      state.mended = mended
    },
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
