import { createReadStream, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'

/** The folder `dist` of the npm package `@ohif/app` (200 MB unpacked, so it is no dependency); `.ci/run` fetches it. */
const DIST = process.env.DETL_OHIF

/** Why OHIF cannot be tried here; undefined where it can. */
export const noOhif =
  DIST !== undefined && existsSync(join(DIST, 'index.html'))
    ? undefined
    : 'no OHIF: unpack `npm pack @ohif/app@3.13.2` and set DETL_OHIF to its folder dist'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
}

/**
 * The viewer as its users host it: its files, and an archive's DICOMweb under the same origin.
 * @param root where DICOMweb lies at the archive
 * @param sent headers that the archive wants, such as a key
 */
export async function serveOhif(archive: string, root = '/dicom-web', sent: Record<string, string> = {}) {
  const config = `window.config = ${JSON.stringify({
    routerBasename: null,
    extensions: [],
    modes: [],
    showStudyList: true,
    defaultDataSourceName: 'archive',
    dataSources: [
      {
        namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
        sourceName: 'archive',
        configuration: {
          friendlyName: 'Archive',
          name: 'archive',
          qidoRoot: '/dicom-web',
          wadoRoot: '/dicom-web',
          qidoSupportsIncludeField: false,
          imageRendering: 'wadors',
          thumbnailRendering: 'wadors',
          enableStudyLazyLoad: true,
          supportsFuzzyMatching: false,
          supportsWildcard: true,
        },
      },
    ],
  })}`
  const server = createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url ?? '/', 'http://ohif')
    if (pathname.startsWith('/dicom-web')) {
      const accept = request.headers.accept ?? '*/*'
      const path = root + pathname.slice('/dicom-web'.length)
      const answer = await fetch(archive + path + search, { headers: { accept, ...sent } })
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
      if (answer.body) Readable.fromWeb(answer.body as ReadableStream).pipe(response)
      else response.end()
      return
    }
    if (pathname === '/app-config.js') {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(config)
      return
    }
    const file = join(DIST!, normalize(pathname))
    const found = extname(file) !== '' && existsSync(file) ? file : join(DIST!, 'index.html')
    // The viewer decodes in workers that share memory.
    response.writeHead(200, {
      'content-type': TYPES[extname(found)] ?? 'application/octet-stream',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    })
    createReadStream(found).pipe(response)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      const closed = new Promise((done) => server.close(done))
      server.closeAllConnections()
      await closed
    },
  }
}
